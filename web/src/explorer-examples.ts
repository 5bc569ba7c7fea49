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
