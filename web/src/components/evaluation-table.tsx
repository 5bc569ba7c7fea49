/** Evaluations as rows. @module */
import { Table, Text } from '@mantine/core';
import { AnchorLink } from './links';
import type { EvaluationRowFragment } from '../data/generated';
import { useLiveJob } from '../data/use-data';
import { AttackName } from './attack';
import { FindingBadges } from './findings';
import { JobStatus } from './job';
import { amount, Share, Time } from './numbers';

interface EvaluationTableProps {
  readonly evaluations: readonly EvaluationRowFragment[];
  /** Called when one of them has ended. */
  readonly onOver: () => void;
  /** Leaves out the model's name, where all are of one. */
  readonly ofOneModel?: boolean;
}

export function EvaluationTable({ evaluations, onOver, ofOneModel = false }: EvaluationTableProps) {
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label="Evaluations">
      <Table miw={820}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Attack</Table.Th>
            {!ofOneModel && <Table.Th>Model</Table.Th>}
            <Table.Th>Data set</Table.Th>
            <Table.Th>Original images</Table.Th>
            <Table.Th>Under attack</Table.Th>
            <Table.Th>Findings</Table.Th>
            <Table.Th>Started</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {evaluations.map((evaluation) => (
            <Row key={evaluation.id} evaluation={evaluation} onOver={onOver} ofOneModel={ofOneModel} />
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

interface RowProps {
  readonly evaluation: EvaluationRowFragment;
  readonly onOver: () => void;
  readonly ofOneModel: boolean;
}

function Row({ evaluation, onOver, ofOneModel }: RowProps) {
  const { id, model, dataset, attack, clean, adversarial, job, findings, createdAt, sampleCount } = evaluation;
  useLiveJob(job, onOver);
  return (
    <Table.Tr>
      <Table.Td>
        <AnchorLink to="/evaluations/$id" params={{ id: id }}>
          <AttackName attack={attack} />
        </AnchorLink>
      </Table.Td>
      {!ofOneModel && (
        <Table.Td>
          <AnchorLink to="/models/$id" params={{ id: model.id }}>
            {model.name}
          </AnchorLink>
        </Table.Td>
      )}
      <Table.Td>
        {dataset.name}
        <Text size="xs" c="dimmed">
          {amount(sampleCount)} images
        </Text>
      </Table.Td>
      {adversarial ? (
        <>
          <Table.Td>
            <Share of={clean?.top1} />
          </Table.Td>
          <Table.Td>
            <Share of={adversarial.top1} />
          </Table.Td>
        </>
      ) : (
        <Table.Td colSpan={2}>
          <JobStatus job={job} />
        </Table.Td>
      )}
      <Table.Td>
        <FindingBadges of={findings} />
      </Table.Td>
      <Table.Td>
        <Time at={createdAt} />
      </Table.Td>
    </Table.Tr>
  );
}
