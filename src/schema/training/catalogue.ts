/** What training offers, as clients read it. @module */
import { Field, Int, ObjectType } from 'type-graphql';
import type { AttackReference } from '../../compute/attacks/index.js';
import type { ParameterSpec } from '../../compute/parameters/index.js';
import type { Architecture as Built } from '../../compute/models/index.js';
import type { SchemeDefinition, SchemeUse } from '../../compute/training/index.js';
import { Parameter } from '../attack/parameter.js';
import { Publication } from '../model/publication.js';
import { USE_FIELDS } from './described-input.js';

interface Described {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, ParameterSpec>>;
}

@ObjectType()
export abstract class Choice {
  constructor(private readonly described: Described) {}

  @Field(() => String, { description: 'Member of the input.' })
  get name(): string {
    return this.described.name;
  }

  @Field(() => String, { description: 'Name as publications write it.' })
  get title(): string {
    return this.described.title;
  }

  @Field(() => String, { description: 'What it does.' })
  get description(): string {
    return this.described.description;
  }

  @Field(() => [Parameter], { description: 'Its parameters.' })
  get parameters(): Parameter[] {
    return Parameter.all(this.described.parameters);
  }
}

@ObjectType({ description: 'How gradients change weights: a member of `OptimizerInput`.' })
export class Optimizer extends Choice {}

@ObjectType({ description: 'The learning rate by step: a member of `ScheduleInput`.' })
export class Schedule extends Choice {}

@ObjectType({ description: 'What a scheme takes beside numbers.' })
export class SchemeResource {
  @Field(() => String, { description: "Field of the scheme's input." })
  name!: string;

  @Field(() => String, { description: 'What it means to the scheme.' })
  description!: string;
}

@ObjectType({ description: 'What a network is trained on, and by which loss: a member of `TrainingSchemeInput`.' })
export class TrainingScheme extends Choice {
  constructor(private readonly definition: SchemeDefinition) {
    super(definition);
  }

  @Field(() => Publication, { description: 'Where it was published.' })
  get reference(): AttackReference {
    return this.definition.reference;
  }

  @Field(() => [SchemeResource], { description: 'What it takes beside numbers: attacks, other models, images without labels.' })
  get resources(): SchemeResource[] {
    return Object.entries(this.definition.uses ?? {}).map(([use, description]) => ({ name: USE_FIELDS[use as SchemeUse], description }));
  }
}

@ObjectType({
  description: 'A built-in architecture: `ArchitectureInput.name`. Beside those listed there is any `wrn-d-k` with d = 6 n + 4.',
})
export class Architecture {
  constructor(private readonly built: Built) {}

  @Field(() => String, { description: 'Its name in inputs and filters.' })
  get name(): string {
    return this.built.name;
  }

  @Field(() => String, { description: 'Name as publications write it.' })
  get title(): string {
    return this.built.title;
  }

  @Field(() => String, { description: 'What it is.' })
  get description(): string {
    return this.built.description;
  }

  @Field(() => [Int], { description: 'Height, width, channels where a request gives none.' })
  get inputShape(): readonly number[] {
    return this.built.inputShape;
  }

  @Field(() => Int, { description: 'Number of classes where a request gives none.' })
  get classCount(): number {
    return this.built.classCount;
  }
}
