/** Evaluations as rows. @module */
import { Text } from '@mantine/core';
import type { EvaluationRowFragment } from '../data/generated';
import { TagBadges } from './annotations';
import { AttackName, isCorruption } from './attack';
import { DataTable, type Column } from './data-table';
import { FindingBadges } from './findings';
import { JobStatus } from './job';
import { AnchorLink } from './links';
import { amount, Share, Time } from './numbers';

interface EvaluationTableProps extends Pick<Parameters<typeof DataTable<EvaluationRowFragment>>[0], 'page' | 'order' | 'onOrder'> {
  readonly evaluations: readonly EvaluationRowFragment[];
  /** Called when one of them has ended. */
  readonly onOver: () => void;
  /** Leaves out the model's name, where all are of one. */
  readonly ofOneModel?: boolean;
}

export function EvaluationTable({ evaluations, onOver, ofOneModel = false, ...table }: EvaluationTableProps) {
  const hasCorruptions = evaluations.some(({ attack }) => isCorruption(attack));
  const columns: readonly (Column<EvaluationRowFragment> | false)[] = [
    {
      name: hasCorruptions ? 'Attack or corruption' : 'Attack',
      sort: { down: 'largest', up: 'smallest' },
      width: 130,
      cell: ({ id, attack, tags }) => (
        <>
          <AnchorLink to="/evaluations/$id" params={{ id }}>
            <AttackName attack={attack} />
          </AnchorLink>
          <TagBadges tags={tags} list="/evaluations" />
        </>
      ),
    },
    !ofOneModel && {
      name: 'Model',
      cell: ({ model }) => (
        <AnchorLink to="/models/$id" params={{ id: model.id }}>
          {model.name}
        </AnchorLink>
      ),
    },
    {
      name: 'Data set',
      cell: ({ dataset, sampleCount }) => (
        <>
          <span style={{ whiteSpace: 'nowrap' }}>{dataset.name}</span>
          <Text size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }}>
            {amount(sampleCount)} images
          </Text>
        </>
      ),
    },
    {
      name: 'Original images',
      numeric: true,
      width: 130,
      sort: { down: 'most-accurate', up: 'least-accurate' },
      cell: ({ clean }) => <Share of={clean?.top1} />,
    },
    {
      name: hasCorruptions ? 'Attacked or corrupted' : 'Under attack',
      numeric: true,
      width: 130,
      sort: { down: 'most-robust', up: 'least-robust' },
      cell: ({ adversarial, job }) => (adversarial ? <Share of={adversarial.top1} /> : <JobStatus job={job} onOver={onOver} />),
    },
    { name: 'Findings', cell: ({ findings }) => <FindingBadges of={findings} /> },
    { name: 'Started', sort: { down: 'newest', up: 'oldest' }, cell: ({ createdAt }) => <Time at={createdAt} /> },
  ];
  return <DataTable label="Evaluations" rows={evaluations} keyOf={({ id }) => id} columns={columns} minWidth={860} {...table} />;
}
