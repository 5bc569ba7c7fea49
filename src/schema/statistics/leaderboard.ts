import { Field, Int, ObjectType } from 'type-graphql';
import type { RankedModel, ThreatModelResults } from '../../services/statistics/threat-model.js';
import { AttackKindName } from '../attack/attack-kind.js';
import { connectionOf } from '../relay/connection.js';
import { Estimate } from './estimate.js';
import { Proportion } from './proportion.js';

@ObjectType({ description: 'A model under the attacks of a threat model.' })
export class LeaderboardEntry {
  constructor(readonly ranked: RankedModel) {}

  @Field(() => Int, { description: '1 and the number of models that are more robust.' })
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
    description: 'Worst case: share of the examples that are right on the original image and under every attack.',
  })
  get robust(): Proportion {
    return this.ranked.robust;
  }

  @Field(() => [AttackKindName], { description: 'The attacks that count.' })
  get attackKinds(): readonly string[] {
    return this.ranked.attackKinds;
  }

  @Field(() => Int, { description: 'Evaluations that count: an attack may have been run with several seeds or parameters.' })
  get evaluationCount(): number {
    return this.ranked.evaluationCount;
  }
}

export const LeaderboardEntryConnection = connectionOf('LeaderboardEntry', LeaderboardEntry);
export type LeaderboardEntryConnection = InstanceType<typeof LeaderboardEntryConnection>;

@ObjectType({
  description:
    'Models on one data set under one threat model, all on the same examples: those of most models, then the largest range. Attacks without a budget are not in it; `worstCase` counts what they found inside one.',
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
