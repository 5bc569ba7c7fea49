import { Int, ObjectType } from 'type-graphql';
import type { StudyTask as StudyTaskRow } from '../../storage/generated/client.js';
import { Column } from '../column.js';

@ObjectType({
  description:
    'A training, evaluation or transfer of a study, a classical classifier that it fits, or a game that it plays. What it has led to is null until it is begun, and once that is deleted.',
})
export class StudyTask {
  constructor(readonly row: StudyTaskRow) {}

  @Column(() => Int, { description: 'Place in the plan; what a task needs comes before it.' })
  readonly position!: number;

  @Column(() => String, { description: 'What it is, in words; unique in the study.' })
  readonly key!: string;
}
