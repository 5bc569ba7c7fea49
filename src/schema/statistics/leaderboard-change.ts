import { Field, ObjectType } from 'type-graphql';
import type { LeaderboardChange as Change } from '../../services/statistics/leaderboard-changes.js';
import { Proportion } from './proportion.js';

@ObjectType({
  description: 'A worst case of a model, over its own evaluations under one budget, that became lower or was measured for the first time.',
})
export class LeaderboardChange {
  constructor(readonly change: Change) {}

  @Field(() => Proportion, {
    nullable: true,
    description: 'Accuracy in the worst case before the evaluation; null where it is the first under its budget on its examples.',
  })
  get before(): Proportion | null {
    return this.change.before;
  }

  @Field(() => Proportion, { description: 'Accuracy in the worst case since the evaluation.' })
  get after(): Proportion {
    return this.change.after;
  }
}
