import { Job } from '../../schema/job/job.js';
import type { JobFilter } from '../../schema/job/job-filter.js';
import type { Job as JobRow, Prisma } from '../../storage/generated/client.js';
import type { Given } from '../given.js';
import { defineNode } from '../relay/define-node.js';

export const jobWhere = ({ states, kind, owners }: Partial<Given<JobFilter>>): Prisma.JobWhereInput => ({
  state: states && { in: states },
  kind,
  owner: owners && { in: owners },
});

export const jobNode = defineNode<JobRow, Job, JobFilter>({
  type: Job,
  table: ({ job }) => job,
  where: jobWhere,
});
