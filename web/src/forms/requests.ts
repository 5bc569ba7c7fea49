/** The same request as GraphQL, Python and shell, to copy. @module */

export type Language = 'GraphQL' | 'Python' | 'Shell';

interface Request {
  /** Such as `startEvaluation`. */
  readonly mutation: string;
  readonly selection: string;
  readonly input: object;
}

const mutationText = ({ mutation, selection }: Request) => {
  const name = mutation.charAt(0).toUpperCase() + mutation.slice(1);
  return `mutation ($input: ${name}Input!) {
  ${mutation}(input: $input) {
    ... on ${name}Success { ${selection} }
    ... on UserError { message path }
  }
}`;
};

export const LANGUAGES: readonly Language[] = ['GraphQL', 'Python', 'Shell'];

/** @param origin of the server. */
export function requestText(language: Language, request: Request, origin: string): string {
  const { input } = request;
  const mutation = mutationText(request);
  const variables = JSON.stringify({ input }, null, 2);
  switch (language) {
    case 'GraphQL':
      return `${mutation}\n\n# variables\n${variables}`;
    case 'Python':
      return `import json, os, urllib.request

query = """${mutation}"""
variables = json.loads("""${variables.replaceAll('\\', '\\\\')}""")
request = urllib.request.Request(
    "${origin}/graphql",
    json.dumps({"query": query, "variables": variables}).encode(),
    {"authorization": "Bearer " + os.environ["GAUNTLET_TOKEN"], "content-type": "application/json"},
)
print(json.load(urllib.request.urlopen(request)))`;
    case 'Shell': {
      const body = JSON.stringify({ query: mutation.replace(/\s+/g, ' '), variables: { input } }).replaceAll("'", "'\\''");
      return `curl -s ${origin}/graphql -H "authorization: Bearer $GAUNTLET_TOKEN" -H 'content-type: application/json' \\\n  -d '${body}'`;
    }
  }
}
