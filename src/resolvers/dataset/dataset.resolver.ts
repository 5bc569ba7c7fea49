import { Arg, Args, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { type UploadFormatName, uploadFormats } from '../../compute/data/index.js';
import { DomainError } from '../../errors.js';
import { DatasetFilter } from '../../schema/dataset/dataset-filter.js';
import { DatasetInspection, InspectDatasetInput } from '../../schema/dataset/dataset-inspection.js';
import { RegisterDatasetInput } from '../../schema/dataset/register-dataset-input.js';
import { Dataset, DatasetConnection, DatasetOrder } from '../../schema/dataset/dataset.js';
import { RegisterDatasetPayload, RegisterDatasetSuccess } from '../../schema/dataset/register-dataset-payload.js';
import { Job } from '../../schema/job/job.js';
import { PageArgs } from '../../schema/relay/page-args.js';
import type { Principal } from '../../services/token/principal.js';
import type { Dataset as DatasetRow } from '../../storage/generated/client.js';
import type { GraphQLContext } from '../context.js';
import { given } from '../given.js';
import { jobNode } from '../job/node.js';
import { datasetNode } from './node.js';

/** Images that an inspection decodes. */
const INSPECTED = 1000;

@Resolver(() => Dataset)
export class DatasetResolver {
  @Query(() => Dataset, { nullable: true, description: 'A data set by id or name; null where there is none.' })
  dataset(
    @Arg('id', () => ID, { nullable: true, description: 'Its id.' }) id: string | undefined,
    @Arg('name', () => String, { nullable: true, description: 'Its name.' }) name: string | undefined,
    @Ctx() { viewer, loaders, services }: GraphQLContext,
  ): Promise<Dataset | null> {
    return datasetNode.byIdOrName(loaders, { id, name }, async (wanted) =>
      nearest(await services.prisma.dataset.findMany({ where: { name: wanted }, orderBy: { createdAt: 'desc' } }), viewer),
    );
  }

  @Query(() => DatasetConnection, { description: 'Data sets, the newest first by default.' })
  async datasets(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => DatasetFilter, { nullable: true, description: 'Which data sets.' }) filter: DatasetFilter | undefined,
    @Arg('orderBy', () => DatasetOrder, { nullable: true, description: 'In which order.' }) orderBy: DatasetOrder | undefined,
    @Ctx() { services: { prisma } }: GraphQLContext,
  ): Promise<DatasetConnection> {
    return new DatasetConnection(await datasetNode.list(prisma, { page, filter, orderBy }));
  }

  @Query(() => DatasetInspection, {
    description:
      'What an upload holds, before it is registered: format, sizes, levels, classes, and all that is wrong with it. It is read in a process of its own, and the answer waits for that.',
  })
  async inspectDataset(
    @Arg('input', () => InspectDatasetInput, { description: 'The upload.' }) input: InspectDatasetInput,
    @Ctx() { viewer, services }: GraphQLContext,
  ): Promise<DatasetInspection> {
    const { uploadId, format, split, resizing, imageCount, ...ofUpload } = given(input);
    const { datasetInspector: inspector } = services;
    if (uploadId === undefined) {
      const fileFormat = checkFilesOfServer(viewer, format, { imageCount, ...ofUpload });
      return new DatasetInspection(await inspector.inspectFiles({ format: fileFormat, split, resizing }));
    }
    const request = { uploadId, split, resizing, uploadFormat: uploadFormatOf(format), imageCount: imageCount ?? INSPECTED, ...ofUpload };
    return new DatasetInspection(await inspector.inspectUpload(viewer, request, new AbortController().signal));
  }

  @FieldResolver(() => Job, { nullable: true, description: 'Its reading; null where its files lie on the server.' })
  job(@Root() { row }: Dataset, @Ctx() { loaders }: GraphQLContext): Promise<Job | null> {
    return jobNode.find(loaders, row.jobId);
  }

  @FieldResolver(() => [Int], {
    description: 'True classes of some of its examples, in order; fewer where it ends, none until it is READY.',
  })
  labels(
    @Root() { row }: Dataset,
    @Arg('offset', () => Int, { defaultValue: 0, description: 'Position of the first.' }) offset: number,
    @Arg('first', () => Int, { defaultValue: 100, description: 'How many, up to 100.' }) first: number,
    @Ctx() { services }: GraphQLContext,
  ): Promise<number[]> {
    return services.datasets.labels(row, offset, first);
  }

  @FieldResolver(() => [String], {
    description: 'Names of its subgroups: values of the column `group` of an upload; empty where it has none.',
  })
  async groupNames(@Root() { row }: Dataset, @Ctx() { loaders }: GraphQLContext): Promise<string[]> {
    return (await loaders.datasetGroupNames.load(row.id)) ?? [];
  }

  @FieldResolver(() => String, { nullable: true, description: 'Why it was rejected: file and row, and what to do; null where it was not.' })
  async error(@Root() { row }: Dataset, @Ctx() { loaders }: GraphQLContext): Promise<string | null> {
    if (row.state !== 'REJECTED') return null;
    return (await jobNode.find(loaders, row.jobId))?.error ?? 'Its reading was cancelled.';
  }

  @Mutation(() => RegisterDatasetPayload, {
    description:
      'Keeps an upload as a data set and returns at once; a job reads every image and label in a process of its own. By an admin, without an upload: reads a data set of this server once and keeps what it is.',
  })
  async registerDataset(
    @Arg('input', () => RegisterDatasetInput, { description: 'The data set.' }) input: RegisterDatasetInput,
    @Ctx() { viewer, services }: GraphQLContext,
  ): Promise<typeof RegisterDatasetPayload> {
    const { uploadId, format, name, split, resizing, visibility, ...ofUpload } = given(input);
    if (uploadId !== undefined) {
      const uploadFormat = uploadFormatOf(format);
      const request = { name, split, resizing, uploadId, uploadFormat, visibility: visibility ?? 'PRIVATE', ...ofUpload };
      const { dataset, job } = await services.datasets.registerUpload(viewer, request);
      return new RegisterDatasetSuccess(new Dataset(dataset), new Job(job));
    }
    const fileFormat = checkFilesOfServer(viewer, format, { visibility, ...ofUpload });
    return new RegisterDatasetSuccess(new Dataset(await services.datasets.register({ name, split, resizing, format: fileFormat })), null);
  }
}

/** @throws DomainError VALIDATION */
function uploadFormatOf(format: string | undefined): UploadFormatName | undefined {
  const found = uploadFormats.find(({ name }) => name === format)?.name;
  if (format === undefined || found !== undefined) return found;
  const known = uploadFormats.map((each) => each.name).join(', ');
  throw new DomainError('VALIDATION', `There is no format of uploads "${format}". Known: ${known}.`, ['format']);
}

/** @param ofUpload members that belong to uploads. @returns the format. @throws DomainError FORBIDDEN, VALIDATION */
function checkFilesOfServer({ role }: Principal, format: string | undefined, ofUpload: object): string {
  if (role !== 'ADMIN')
    throw new DomainError('FORBIDDEN', 'Files of the server are registered by an admin. Upload yours, and give its `uploadId`.', [
      'uploadId',
    ]);
  if (format === undefined) throw new DomainError('VALIDATION', 'Give `uploadId`, or the `format` of files of the server.', ['format']);
  const [superfluous] = Object.keys(given(ofUpload));
  if (superfluous !== undefined)
    throw new DomainError('VALIDATION', `\`${superfluous}\` belongs to uploads; files of the server say it themselves.`, [superfluous]);
  return format;
}

/** Of data sets of one name the viewer's own, else the public one; rejected ones last. An admin may see further ones of others. */
function nearest(datasets: readonly DatasetRow[], viewer: Principal): DatasetRow | null {
  const alive = datasets.filter(({ state }) => state !== 'REJECTED');
  const own = alive.find(({ owner }) => owner === viewer.name);
  return own ?? alive.find(({ visibility }) => visibility === 'PUBLIC') ?? alive[0] ?? datasets[0] ?? null;
}
