import { Arg, Args, Ctx, FieldResolver, Float, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { type Certificates, normOf } from '../../compute/evaluation/index.js';
import { abstentions, averageRadius, certifiedAccuracy, curveRadii } from '../../results/certificates.js';
import { CertificationFilter } from '../../schema/certification/certification-filter.js';
import { StartCertificationInput } from '../../schema/certification/start-certification-input.js';
import {
  Certificate,
  CertificateConnection,
  Certification,
  CertificationConnection,
  CertificationOrder,
  type CertificationRow,
  CertifiedAccuracy,
} from '../../schema/certification/certification.js';
import { Dataset } from '../../schema/dataset/dataset.js';
import { Job } from '../../schema/job/job.js';
import { Model } from '../../schema/model/model.js';
import { Proportion } from '../../schema/statistics/proportion.js';
import { StartCertificationPayload, StartCertificationSuccess } from '../../schema/certification/start-certification-payload.js';
import { rowId } from '../../storage/global-id.js';
import { PageArgs } from '../../schema/relay/page-args.js';
import type { GraphQLContext } from '../context.js';
import { given } from '../given.js';
import { listPage } from '../relay/list-page.js';
import { badInput } from '../relay/pagination.js';
import { modelNode } from '../model/node.js';
import { datasetNode } from '../dataset/node.js';
import { jobNode } from '../job/node.js';
import { certificationNode } from './node.js';

/** Radii in one request. */
const MAX_RADII = 1000;

@Resolver(() => Certification)
export class CertificationResolver {
  @Query(() => Certification, { nullable: true, description: 'A certification by its id; null where there is none.' })
  certification(
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
    @Ctx() { loaders }: GraphQLContext,
  ): Promise<Certification | null> {
    return certificationNode.byId(loaders, id);
  }

  @Query(() => CertificationConnection, { description: 'Certifications, the newest first by default.' })
  async certifications(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => CertificationFilter, { nullable: true, description: 'Which certifications.' })
    filter: CertificationFilter | undefined,
    @Arg('orderBy', () => CertificationOrder, { nullable: true, description: 'In which order.' }) orderBy: CertificationOrder | undefined,
    @Ctx() { services: { prisma } }: GraphQLContext,
  ): Promise<CertificationConnection> {
    return new CertificationConnection(await certificationNode.list(prisma, { page, filter, orderBy }));
  }

  @FieldResolver(() => Model, { description: 'The model that was smoothed.' })
  model(@Root() { row }: Certification, @Ctx() { loaders }: GraphQLContext): Promise<Model> {
    return modelNode.get(loaders, row.modelId);
  }

  @FieldResolver(() => Dataset, { description: 'The data set that it was measured on.' })
  dataset(@Root() { row }: Certification, @Ctx() { loaders }: GraphQLContext): Promise<Dataset> {
    return datasetNode.get(loaders, row.datasetId);
  }

  @FieldResolver(() => Job, { description: 'The job that computes it.' })
  job(@Root() { row }: Certification, @Ctx() { loaders }: GraphQLContext): Promise<Job> {
    return jobNode.get(loaders, row.jobId);
  }

  @FieldResolver(() => [CertifiedAccuracy], { nullable: true, description: 'Certified accuracy by radius.' })
  certifiedAccuracy(
    @Root() { row }: Certification,
    @Arg('radii', () => [Float], {
      nullable: true,
      description: 'At these radii; by default in equal steps up to the largest that so many noisy copies can certify.',
    })
    radii: number[] | undefined,
    @Ctx() context: GraphQLContext,
  ): Promise<CertifiedAccuracy[] | null> {
    if (radii && radii.length > MAX_RADII) throw badInput(`Name ${MAX_RADII} radii at most.`);
    return ofFinished(row, context, (certificates) =>
      certifiedAccuracy(certificates, radii ?? curveRadii(row, certificates), normOf(row.method)).map((at) => ({
        ...at,
        accuracy: row.judging === 'STORED' ? at.stored : at.float,
      })),
    );
  }

  @FieldResolver(() => Proportion, { nullable: true, description: 'Examples for which no class is certified.' })
  abstentions(@Root() { row }: Certification, @Ctx() context: GraphQLContext): Promise<Proportion | null> {
    return ofFinished(row, context, abstentions);
  }

  @FieldResolver(() => Float, {
    nullable: true,
    description: 'Mean of the certified radii, 0 for examples whose certified class is wrong (Zhai et al. 2020).',
  })
  averageRadius(@Root() { row }: Certification, @Ctx() context: GraphQLContext): Promise<number | null> {
    return ofFinished(row, context, averageRadius);
  }

  @FieldResolver(() => CertificateConnection, { nullable: true, description: 'Its examples, in the order of the data set.' })
  examples(
    @Root() { row }: Certification,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() context: GraphQLContext,
  ): Promise<CertificateConnection | null> {
    return ofFinished(row, context, (certificates) => {
      const positions = Array.from({ length: certificates.count }, (_, i) => i);
      const show = (position: number) => new Certificate(certificates, position, row.offset);
      return new CertificateConnection(listPage(positions, page, (position) => `certificate:${position}`, show));
    });
  }

  @Mutation(() => StartCertificationPayload, {
    description:
      'Certifies a model by randomized smoothing. Returns at once with a job; a request that was made before returns its certification.',
  })
  async startCertification(
    @Arg('input', () => StartCertificationInput, { description: 'What to certify.' }) input: StartCertificationInput,
    @Ctx() { viewer, services }: GraphQLContext,
  ): Promise<typeof StartCertificationPayload> {
    const { modelId, datasetId, ...rest } = given(input);
    const row = await services.certifications.start(viewer, {
      ...rest,
      modelId: rowId(modelId, 'Model'),
      datasetId: rowId(datasetId, 'Dataset'),
    });
    return new StartCertificationSuccess(new Certification(row), new Job(row.job));
  }
}

/** What is computed from the certificates, which are all there once the job has succeeded. */
async function ofFinished<T>(
  { id, finishedAt }: CertificationRow,
  { loaders }: GraphQLContext,
  compute: (certificates: Certificates) => T,
): Promise<T | null> {
  const certificates = finishedAt ? await loaders.certificates.load(id) : undefined;
  return certificates ? compute(certificates) : null;
}
