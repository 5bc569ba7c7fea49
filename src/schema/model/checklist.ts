import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { CHECKLIST_STATES, type ChecklistState } from '../../results/checklist.js';
import { Evaluation } from '../evaluation/evaluation.js';

const ChecklistStateName = Object.fromEntries(CHECKLIST_STATES.map((name) => [name, name])) as Readonly<
  Record<ChecklistState, ChecklistState>
>;

registerEnumType(ChecklistStateName, {
  name: 'ChecklistState',
  description: 'Whether an item of a checklist was done.',
  valuesConfig: {
    DONE: { description: 'It was, and nothing speaks against the result.' },
    NOT_RUN: { description: 'Nothing that was run shows it.' },
    FAILED: { description: 'It was, and the findings of the evaluations say that the number is too good.' },
    NOT_NEEDED: { description: 'The model has no such part.' },
  },
});

@ObjectType({ description: 'Something that an evaluation of a defence should have done (Carlini et al. 2019).' })
export class ChecklistItem {
  @Field({ description: 'Its stable name.' })
  code!: string;

  @Field({ description: 'What is to be shown.' })
  title!: string;

  @Field({ description: 'How.' })
  advice!: string;

  @Field(() => ChecklistStateName, { description: 'Whether it was.' })
  state!: ChecklistState;

  @Field(() => [Evaluation], { description: 'The evaluations that show it, the newest first.' })
  evaluations!: Evaluation[];
}
