/** What tests of certification ask for and read. */
import { dataOf, type GraphQLClient } from './client.js';

const START = `mutation ($input: StartCertificationInput!) { startCertification(input: $input) {
  __typename
  ... on StartCertificationSuccess { certification { id } job { id kind progress { total unit } } }
  ... on UserError { message path } } }`;

const RESULTS = `query ($id: ID!) { certification(id: $id) {
  id sigma selectionSamples estimationSamples alpha offset sampleCount seed engine engineVersions finishedAt
  findings { code severity message evidence }
  job { state } model { id } dataset { name }
  curve: certifiedAccuracy { radius accuracy { value n } }
  judging certifiedAccuracy(radii: [0, 0.1, 100]) { radius accuracy { value n } }
  abstentions { value n } averageRadius
  examples(first: 50) { totalCount nodes { index label prediction radius agreeing } } } }`;

export const begin = async (graphql: GraphQLClient, input: object) => (await dataOf(graphql(START, { input }))).startCertification;
export const read = async (graphql: GraphQLClient, id: string) => (await dataOf(graphql(RESULTS, { id }))).certification;
