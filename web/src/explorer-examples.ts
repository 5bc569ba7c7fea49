/** Queries to begin with. @module */
export const EXAMPLES = [
  {
    query: `# The newest evaluations, with 95 % intervals
{
  evaluations(first: 5) {
    nodes {
      model { name }
      attack { kind epsilon }
      clean { top1 { value } }
      adversarial { top1 { value lower upper n } }
      findings { code message }
    }
  }
}
`,
  },
  {
    query: `# Of what there are results
{
  results {
    dataset { id name }
    norm
    epsilon
    attackKinds
    evaluationCount
  }
}
`,
  },
  {
    query: `# A leaderboard: the worst case over all attacks of one protocol, with ties
query ($input: LeaderboardInput!) {
  leaderboard(input: $input) {
    attacks { kind }
    entries(first: 10) {
      nodes {
        rank
        tiedTo
        model { name }
        clean { value }
        robust { value lower upper n }
      }
    }
  }
}
`,
    variables: `{ "input": { "datasetId": "ID of a data set", "norm": "LINF", "epsilon": "8/255" } }
`,
  },
  {
    query: `# What changed on leaderboards
{
  leaderboardChanges(first: 5) {
    before { value }
    after { value }
    evaluation {
      model { name }
      attack { kind epsilon }
      finishedAt
    }
  }
}
`,
  },
  {
    query: `# How often images made on one model fool another
query ($input: TransferMatrixInput!) {
  transferMatrix(input: $input) {
    cells {
      source { name }
      target { name }
      rate { value lower upper n }
      errorRate { value }
    }
  }
}
`,
    variables: `{ "input": { "datasetId": "ID of a data set" } }
`,
  },
  {
    query: `# Start an evaluation: FGSM at 8/255
mutation ($input: StartEvaluationInput!) {
  startEvaluation(input: $input) {
    ... on StartEvaluationSuccess { evaluations { id } jobs { id } }
    ... on UserError { message path }
  }
}
`,
    variables: `{
  "input": {
    "modelId": "ID of a model",
    "datasetId": "ID of a data set",
    "attacks": [{ "fgsm": { "epsilon": "8/255" } }]
  }
}
`,
  },
  {
    query: `# Follow a job
subscription ($jobId: ID!) {
  jobProgress(jobId: $jobId) {
    state
    progress { done total unit }
    eta
  }
}
`,
    variables: `{ "jobId": "ID of a job" }
`,
  },
];
