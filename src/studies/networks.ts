/** Networks that recipes train. @module */
import type { NamedAttack } from './grid.js';
import type { Algorithm1Settings, Network, Settings } from './types.js';

/** Trained on clean images alone. */
export function plain({ architecture }: Pick<Settings, 'architecture'>, rest: Partial<Network> = {}): Network {
  return { architecture, scheme: { name: 'standard', parameters: {} }, ...rest };
}

/** Trained by Algorithm 1. @param changes of what the scale says. @param attack default: step l.l. */
export function adversarial(
  { architecture, algorithm1, steps }: Pick<Settings, 'architecture' | 'algorithm1' | 'steps'>,
  changes: Partial<Algorithm1Settings> = {},
  attack?: NamedAttack,
  rest: Partial<Network> = {},
): Network {
  const { delay, ...parameters } = { ...algorithm1, ...changes };
  const attacks = attack && [{ kind: attack.kind, parameters: { ...attack.parameters, epsilon: parameters.epsilonMax } }];
  return {
    architecture,
    scheme: { name: 'algorithm1', parameters: { ...parameters, delaySteps: Math.round(delay * steps) }, attacks },
    ...rest,
  };
}
