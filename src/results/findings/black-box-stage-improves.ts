import type { AttackStage } from '../../compute/attacks/index.js';
import { findAttack } from '../../compute/attacks/index.js';
import { percent } from './percent.js';
import type { FindingCheck } from './types.js';

/** As in the check `check_square_sr` of AutoAttack's code: two thousandths of all examples. */
const TOLERATED = 0.002;

/**
 * An attacker with gradients can do everything that one without can (Carlini et al. 2019). In AutoAttack, Square comes after the gradient attacks and rarely finds
 * anything; where it does, its authors warn.
 */
export const blackBoxStageImproves: FindingCheck = {
  code: 'BLACK_BOX_STAGE_IMPROVES',
  description:
    'In a list of attacks, such as AutoAttack, one without gradients (Square) lowers the accuracy below that of the gradient attacks before it by more than 0.2 points.',
  masksGradients: true,
  check({ stages = [], outcomes: { count } }) {
    for (const [at, stage] of stages.entries()) {
      const before = stages[at - 1];
      if (!before || usesGradients(stage) || !stages.slice(0, at).some(usesGradients)) continue;
      const fooled = before.robust - stage.robust;
      if (fooled <= TOLERATED * count) continue;
      return {
        severity: 'WARNING',
        message: `${findAttack(stage.kind).title} lowers the accuracy by ${percent(fooled / count)}, to ${percent(stage.robust / count)}, after attacks with gradients: these are masked or too weak, and the number may be too high. Give it more queries and restarts, and adapt the white-box attacks to the model (BPDA, EOT, another loss).`,
        evidence: { fooled, before: before.robust, after: stage.robust, n: count },
      };
    }
    return undefined;
  },
};

const usesGradients = ({ kind }: AttackStage): boolean => findAttack(kind).access === 'GRADIENT';
