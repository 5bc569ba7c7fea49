import { Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import { GraphQLJSONObject } from 'graphql-scalars';
import type { Exclusion, ExclusionReason as Reason, ProtocolAttack as Attack } from '../../results/protocol.js';
import type { RankedModel, ThreatModelResults } from '../../services/statistics/threat-model.js';
import { AttackKindName } from '../attack/attack-kind.js';
import { connectionOf } from '../relay/connection.js';
import { Estimate } from './estimate.js';
import { Proportion } from './proportion.js';

@ObjectType({ description: 'An attack that the models of a leaderboard have in common.' })
export class ProtocolAttack {
  constructor(private readonly attack: Attack) {}

  @Field(() => AttackKindName, { description: 'Which attack.' })
  get kind(): string {
    return this.attack.attackKind;
  }

  @Field(() => GraphQLJSONObject, { nullable: true, description: 'All its parameters; null where nobody has run it.' })
  get parameters(): unknown {
    return this.attack.parameters;
  }
}

const ExclusionReason = { ATTACKS_MISSING: 'ATTACKS_MISSING', OTHER_EXAMPLES: 'OTHER_EXAMPLES' } as const satisfies Record<Reason, Reason>;

registerEnumType(ExclusionReason, {
  name: 'ExclusionReason',
  description: 'Why a model cannot be compared with those of a leaderboard.',
  valuesConfig: {
    ATTACKS_MISSING: { description: 'It was not attacked by all of the attacks, with these parameters.' },
    OTHER_EXAMPLES: { description: 'It was attacked on other examples only.' },
  },
});

@ObjectType({ description: 'A model that has results in the threat model, and cannot be compared with those of the leaderboard.' })
export class ExcludedModel {
  constructor(readonly excluded: Exclusion) {}

  @Field(() => ExclusionReason, { description: 'Why.' })
  get reason(): Reason {
    return this.excluded.reason;
  }

  @Field(() => [ProtocolAttack], { description: 'What it would have to be attacked by, on the examples of the leaderboard, to be ranked.' })
  get missing(): ProtocolAttack[] {
    return this.excluded.missing.map((attack) => new ProtocolAttack(attack));
  }
}

@ObjectType({
  description: 'A model under the attacks of a threat model. Models of equal weights are one entry, to which the results of each count.',
})
export class LeaderboardEntry {
  constructor(readonly ranked: RankedModel) {}

  @Field(() => Int, {
    description:
      '1 and the number of models that are more robust. Models with masked gradients come after all others, however robust they look.',
  })
  get rank(): number {
    return this.ranked.rank;
  }

  @Field(() => Int, { description: 'First rank of the models whose intervals overlap with its own.' })
  get tiedFrom(): number {
    return this.ranked.tiedFrom;
  }

  @Field(() => Int, { description: 'Last rank of the models whose intervals overlap with its own.' })
  get tiedTo(): number {
    return this.ranked.tiedTo;
  }

  @Field(() => Proportion, { description: 'Accuracy on the original images.' })
  get clean(): Proportion {
    return this.ranked.clean;
  }

  @Field(() => Proportion, {
    description:
      'Worst case: share of the examples that are right on the original image and under every attack of `Leaderboard.attacks`. Imported images of this norm and budget count too, and images of other models that were transferred.',
  })
  get robust(): Proportion {
    return this.ranked.robust;
  }

  @Field(() => Proportion, {
    description:
      'The same under every attack of this norm and budget that the model was attacked by, also those that others were not: the lowest upper bound that is known. It cannot be compared with that of other models.',
  })
  get bestKnown(): Proportion {
    return this.ranked.bestKnown;
  }

  @Field(() => Boolean, {
    description:
      'Whether a finding says that its gradients are masked, and no iterative attack that is as strong is without one: `robust` is then not to be believed.',
  })
  get maskedGradients(): boolean {
    return this.ranked.maskedGradients;
  }

  @Field(() => Float, {
    nullable: true,
    description:
      'Mean accuracy under the 15 common corruptions of Hendrycks and Dietterich at five severities, on the largest range where all were measured; null where they were not. `corruptionSummary` has its interval.',
  })
  get corruptedAccuracy(): number | null {
    return this.ranked.corrupted;
  }

  @Field(() => [AttackKindName], { description: 'The attacks that count.' })
  get attackKinds(): readonly string[] {
    return this.ranked.attackKinds;
  }

  @Field(() => Int, { description: 'Evaluations that count: an attack may have been run with several seeds or parameters.' })
  get evaluationCount(): number {
    return this.ranked.evaluationCount;
  }

  @Field(() => Int, { description: 'Evaluations of other models whose images were transferred to this one, and count.' })
  get transferCount(): number {
    return this.ranked.transferCount;
  }
}

export const LeaderboardEntryConnection = connectionOf('LeaderboardEntry', LeaderboardEntry);
export type LeaderboardEntryConnection = InstanceType<typeof LeaderboardEntryConnection>;

@ObjectType({
  description:
    'Models on one data set under one threat model, all attacked by the same attacks with the same parameters on the same examples: those of most models, then the largest range. Models that were attacked by less are listed apart. Attacks without a budget are not in it; `worstCase` counts what they found inside one.',
})
export class Leaderboard {
  constructor(readonly results: ThreatModelResults) {}

  @Field(() => Int, { nullable: true, description: 'Position of the first example; null where nothing has finished.' })
  get offset(): number | undefined {
    return this.results.range?.offset;
  }

  @Field(() => Int, { nullable: true, description: 'Number of examples; null where nothing has finished.' })
  get sampleCount(): number | undefined {
    return this.results.range?.sampleCount;
  }

  @Field(() => [ProtocolAttack], {
    description:
      'What all of its models were attacked by, with the same parameters and whatever seed: by default the attacks, most used first, as long as half of the models or more have all of them.',
  })
  get attacks(): ProtocolAttack[] {
    return this.results.protocol.map((attack) => new ProtocolAttack(attack));
  }

  @Field(() => Int, { description: 'Number of models with results in this threat model that are not ranked.' })
  get excludedCount(): number {
    return this.results.excluded.length;
  }
}

@ObjectType({ description: 'Whether models that are more accurate are less robust, over all models of a leaderboard.' })
export class AccuracyVersusRobustness {
  @Field(() => Estimate, { description: "Pearson's correlation of clean accuracy and worst case, with Fisher's interval." })
  pearson!: Estimate;

  @Field(() => Estimate, { description: "Spearman's rank correlation, with the interval of Bonett and Wright (2000)." })
  spearman!: Estimate;

  @Field(() => Leaderboard, { description: 'The models.' })
  leaderboard!: Leaderboard;
}
