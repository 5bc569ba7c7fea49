/** Names of attacks and budgets. @module */
import { Text } from '@mantine/core';
import { useQuery } from 'urql';
import { type AttackDistance, AttackTitlesDocument } from '../data/generated';
import { decimal } from './numbers';

/** What attacks bound that is no norm. */
export const DISTANCES: Readonly<Record<AttackDistance, string>> = {
  CIEDE2000: 'CIEDE2000',
  WASSERSTEIN: 'Wasserstein',
  PERCEPTUAL: 'LPIPS',
};

export const NORMS: Readonly<Record<string, string>> = { LINF: 'L∞', L2: 'L2', L1: 'L1', L0: 'L0' };

/** Title of a kind of attack; until the catalogue is here, its name. */
export function useAttackTitle(): (kind: string) => string {
  const [{ data }] = useQuery({ query: AttackTitlesDocument, requestPolicy: 'cache-first' });
  return (kind) => data?.attackKinds.find((attack) => attack.kind === kind)?.title ?? kind;
}

interface AttackValue {
  readonly kind: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly epsilon?: number | null;
  readonly epsilonText?: string | null;
  readonly norm: string;
}

/** Such as `ε = 8/255`; empty for attacks without a budget. */
const budgetText = ({ epsilon, epsilonText }: Pick<AttackValue, 'epsilon' | 'epsilonText'>) =>
  epsilonText || epsilon != null ? `ε = ${epsilonText ?? decimal(epsilon)}` : '';

/** Whether it is no attack but a common corruption, which has neither norm nor budget. */
export const isCorruption = ({ kind }: Pick<AttackValue, 'kind'>) => kind === 'CORRUPTION';

/** Title of an attack; of a corruption, which one, such as `Gaussian noise, severity 3`. */
export function useAttackName(): (attack: AttackValue) => string {
  const titleOf = useAttackTitle();
  return (attack) => {
    const { kind, severity } = attack.parameters ?? {};
    if (!isCorruption(attack) || typeof kind !== 'string') return titleOf(attack.kind);
    return `${corruptionTitle(kind)}, severity ${String(severity)}`;
  };
}

/** Such as `Gaussian noise`. */
const corruptionTitle = (kind: string) =>
  kind === 'JPEG_COMPRESSION' ? 'JPEG compression' : kind.charAt(0) + kind.slice(1).toLowerCase().replaceAll('_', ' ');

/** Norm, unless the title has it, and budget; nothing of a corruption. */
export const threatText = (attack: AttackValue, title: string) =>
  isCorruption(attack) ? '' : [!title.includes(NORMS[attack.norm]!) && NORMS[attack.norm], budgetText(attack)].filter(Boolean).join(', ');

export function AttackName({ attack }: { readonly attack: AttackValue }) {
  const title = useAttackName()(attack);
  return (
    <span>
      {title}{' '}
      <Text span size="sm" c="dimmed" style={{ whiteSpace: 'nowrap' }}>
        {threatText(attack, title)}
      </Text>
    </span>
  );
}
