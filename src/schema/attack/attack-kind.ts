import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { imported } from '../../compute/evaluation/index.js';
import {
  type Access,
  type AttackDescription,
  type AttackDistance as AttackDistanceName,
  type AttackReference,
  attacks,
} from '../../compute/attacks/index.js';
import { AttackDistance } from './attack-distance.js';
import { Norm } from './norm.js';
import { Parameter } from './parameter.js';
import { Publication } from '../model/publication.js';

/** Also what no client names as an attack. */
const kinds = [...attacks, imported];

/** Enum of all kinds, for filters. */
export const AttackKindName: Record<string, string> = Object.fromEntries(kinds.map(({ kind }) => [kind, kind]));

registerEnumType(AttackKindName, {
  name: 'AttackKindName',
  description: 'Attacks by name; `attackKinds` is their catalogue.',
  valuesConfig: Object.fromEntries(kinds.map(({ kind, title }) => [kind, { description: title }])),
});

const AttackAccess = { GRADIENT: 'GRADIENT', SCORE: 'SCORE', DECISION: 'DECISION', NONE: 'NONE' } as const satisfies Record<Access, Access>;

registerEnumType(AttackAccess, {
  name: 'AttackAccess',
  description: 'What an attack needs of the model.',
  valuesConfig: {
    GRADIENT: { description: 'Gradients with respect to the image.' },
    SCORE: { description: 'The score of every class.' },
    DECISION: { description: 'The predicted class alone.' },
    NONE: { description: 'Nothing.' },
  },
});

@ObjectType({ description: 'An attack that this server can run.' })
export class AttackKind {
  constructor(private readonly definition: AttackDescription) {}

  @Field(() => AttackKindName, { description: 'Name in filters and results.' })
  get kind(): string {
    return this.definition.kind;
  }

  @Field(() => String, { description: 'Member of `AttackInput`.' })
  get name(): string {
    return this.definition.name;
  }

  @Field(() => String, { description: 'Name as publications write it.' })
  get title(): string {
    return this.definition.title;
  }

  @Field(() => String, { description: 'What it does.' })
  get description(): string {
    return this.definition.description;
  }

  @Field(() => AttackAccess, { description: 'What it needs of the model.' })
  get access(): string {
    return this.definition.access;
  }

  @Field(() => [Norm], { description: 'Norms that its budget may be in.' })
  get norms(): readonly string[] {
    return this.definition.norms;
  }

  @Field(() => AttackDistance, {
    nullable: true,
    description: 'What it bounds or minimises, where that is no norm of the change: `Distortion.attackDistance` of its evaluations.',
  })
  get distance(): AttackDistanceName | null {
    return this.definition.distance ?? null;
  }

  @Field(() => Boolean, {
    description: 'Whether it can aim at a class, rather than away from one: always, or where its parameters say so.',
  })
  get targeted(): boolean {
    return this.definition.targeted;
  }

  @Field(() => [Parameter], { description: 'Its parameters.' })
  get parameters(): Parameter[] {
    return Parameter.all(this.definition.parameters);
  }

  @Field(() => Publication, { description: 'Where it was published.' })
  get reference(): AttackReference {
    return this.definition.reference;
  }
}
