import { Job } from '../../schema/job/job.js';
import type { JobFilter } from '../../schema/job/job-filter.js';
import type { Job as JobRow, Prisma } from '../../storage/generated/client.js';
import { defineNode } from '../relay/define-node.js';

export const jobNode = defineNode<JobRow, Job, JobFilter>({
  type: Job,
  table: ({ job }) => job,
  where: ({ states, kind }): Prisma.JobWhereInput => ({ state: states && { in: states }, kind }),
});
