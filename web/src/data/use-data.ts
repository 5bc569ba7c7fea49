/** Reading and live following of data. @module */
import { useEffect, useRef } from 'react';
import { useQuery, useSubscription, type AnyVariables, type TypedDocumentNode, type UseQueryState } from 'urql';
import { JobProgressDocument } from './generated';

export type Data<Result> = Pick<UseQueryState<Result>, 'data' | 'error' | 'fetching' | 'stale'> & { reload: () => void };

/** @param options.every seconds after which it is read again, for what no subscription tells. */
export function useData<Result, Variables extends AnyVariables>(
  query: TypedDocumentNode<Result, Variables>,
  variables: Variables,
  options: { readonly pause?: boolean; readonly every?: number | undefined } = {},
): Data<Result> {
  const { pause = false, every } = options;
  const [{ data, error, fetching, stale }, execute] = useQuery({ query, variables, pause } as never) as [
    UseQueryState<Result>,
    (options: object) => void,
  ];
  useEffect(() => {
    if (every === undefined || pause) return;
    const timer = setInterval(() => document.visibilityState === 'visible' && execute({ requestPolicy: 'network-only' }), every * 1000);
    return () => clearInterval(timer);
  }, [every, pause, execute]);
  // While the server is away, what was read stays on screen: a failed read brings no data.
  const key = JSON.stringify(variables);
  const last = useRef<{ readonly key: string; readonly data: Result }>(undefined);
  if (data !== undefined) last.current = { key, data };
  const kept = error?.networkError && last.current?.key === key ? last.current.data : undefined;
  return { data: data ?? kept, error, fetching, stale, reload: () => execute({ requestPolicy: 'network-only' }) };
}

export const isOver = (state: string) => state !== 'QUEUED' && state !== 'RUNNING';

/** Follows a job until it is over: the cache's job changes under everything that shows it. @param whenOver called once then. */
export function useLiveJob(job: { readonly id: string; readonly state: string } | undefined, whenOver: () => void): void {
  const pause = !job || isOver(job.state);
  const [{ data }] = useSubscription({ query: JobProgressDocument, variables: { id: job?.id ?? '' }, pause });
  const state = data?.jobProgress.id === job?.id ? data?.jobProgress.state : undefined;
  const isFinished = state !== undefined && isOver(state);
  useEffect(() => {
    if (isFinished) whenOver();
  }, [isFinished]);
}
