/** Names of attacks and budgets. @module */
import { Text } from '@mantine/core';
import { useQuery } from 'urql';
import { AttackKindsDocument } from '../data/generated';
import { decimal } from './numbers';

export const NORMS: Readonly<Record<string, string>> = { LINF: 'L∞', L2: 'L2', L1: 'L1', L0: 'L0' };

/** Title of a kind of attack; until the catalogue is here, its name. */
export function useAttackTitle(): (kind: string) => string {
  const [{ data }] = useQuery({ query: AttackKindsDocument, requestPolicy: 'cache-first' });
  return (kind) => data?.attackKinds.find((attack) => attack.kind === kind)?.title ?? kind;
}

interface AttackValue {
  readonly kind: string;
  readonly epsilon?: number | null;
  readonly epsilonText?: string | null;
  readonly norm: string;
}

/** Such as `ε = 8/255`; empty for attacks without a budget. */
const budgetText = ({ epsilon, epsilonText }: Pick<AttackValue, 'epsilon' | 'epsilonText'>) =>
  epsilonText || epsilon != null ? `ε = ${epsilonText ?? decimal(epsilon)}` : '';

/** Norm, unless the title has it, and budget. */
export const threatText = (attack: AttackValue, title: string) =>
  [!title.includes(NORMS[attack.norm]!) && NORMS[attack.norm], budgetText(attack)].filter(Boolean).join(', ');

export function AttackName({ attack }: { readonly attack: AttackValue }) {
  const title = useAttackTitle()(attack.kind);
  return (
    <span>
      {title}{' '}
      <Text span size="sm" c="dimmed" style={{ whiteSpace: 'nowrap' }}>
        {threatText(attack, title)}
      </Text>
    </span>
  );
}
