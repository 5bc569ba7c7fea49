/** Starting something by a mutation: what the server refuses becomes a text to show. @module */
import { useState } from 'react';
import { useMutation, type TypedDocumentNode } from 'urql';

/** The member of a payload that is no error. */
type Success<Result> = Extract<Result[keyof Result], { readonly __typename: `${string}Success` }>;

interface Start<Result, Input> {
  /** @returns undefined where it was refused. */
  readonly start: (input: Input) => Promise<Success<Result> | undefined>;
  readonly problem: string | undefined;
  readonly isStarting: boolean;
}

/** @param document with one field, which takes one `input`. */
export function useStart<Result extends object, Input>(document: TypedDocumentNode<Result, { input: Input }>): Start<Result, Input> {
  const [{ fetching }, execute] = useMutation<Result, { input: Input }>(document);
  const [problem, setProblem] = useState<string>();
  return {
    problem,
    isStarting: fetching,
    async start(input) {
      setProblem(undefined);
      const { data, error } = await execute({ input });
      const answer = Object.values(data ?? {}).find((value) => typeof value === 'object') as object | undefined;
      const refused = error
        ? (error.graphQLErrors[0]?.message ?? 'The server does not answer. Try again.')
        : answer && 'message' in answer
          ? String(answer.message)
          : undefined;
      setProblem(refused);
      return refused === undefined ? (answer as Success<Result>) : undefined;
    },
  };
}
