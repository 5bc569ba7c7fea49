/** The same request as GraphQL, Python and shell, to copy. @module */

export type Language = 'GraphQL' | 'Python' | 'Shell';

const MUTATION = `mutation ($input: StartEvaluationInput!) {
  startEvaluation(input: $input) {
    ... on StartEvaluationSuccess { evaluations { id } jobs { id } }
    ... on UserError { message path }
  }
}`;

export const LANGUAGES: readonly Language[] = ['GraphQL', 'Python', 'Shell'];

/** @param input of `startEvaluation`. @param origin of the server. */
export function requestText(language: Language, input: object, origin: string): string {
  const variables = JSON.stringify({ input }, null, 2);
  switch (language) {
    case 'GraphQL':
      return `${MUTATION}\n\n# variables\n${variables}`;
    case 'Python':
      return `import json, os, urllib.request

query = """${MUTATION}"""
variables = json.loads("""${variables.replaceAll('\\', '\\\\')}""")
request = urllib.request.Request(
    "${origin}/graphql",
    json.dumps({"query": query, "variables": variables}).encode(),
    {"authorization": "Bearer " + os.environ["GAUNTLET_TOKEN"], "content-type": "application/json"},
)
print(json.load(urllib.request.urlopen(request)))`;
    case 'Shell': {
      const body = JSON.stringify({ query: MUTATION.replace(/\s+/g, ' '), variables: { input } }).replaceAll("'", "'\\''");
      return `curl -s ${origin}/graphql -H "authorization: Bearer $GAUNTLET_TOKEN" -H 'content-type: application/json' \\\n  -d '${body}'`;
    }
  }
}
