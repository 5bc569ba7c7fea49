import { GraphQLDateTimeISO, GraphQLJSONObject } from 'graphql-scalars';
import { Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import { bestKnown, type RobustBenchInfo } from '../../results/robustbench-info.js';
import type { Benchmark as BenchmarkRow, BenchmarkEntry as EntryRow, ClaimedEntry as ClaimedRow } from '../../storage/generated/client.js';
import { attacksOf, infoOf, resultOf } from '../../storage/json.js';
import type { FindingSeverity } from '../../results/findings/types.js';
import { Severity } from '../evaluation/finding.js';
import { Judging } from '../attack/judging.js';
import { Norm } from '../attack/norm.js';
import { Column } from '../column.js';
import { Visibility } from '../model/visibility.js';
import { connectionOf } from '../relay/connection.js';
import { Node } from '../relay/node.js';
import { creationOrder } from '../relay/order.js';
import { Proportion } from '../statistics/proportion.js';

export enum BenchmarkState {
  UPCOMING = 'UPCOMING',
  OPEN = 'OPEN',
  CLOSED = 'CLOSED',
}

registerEnumType(BenchmarkState, {
  name: 'BenchmarkState',
  description: 'Whether models can be entered.',
  valuesConfig: {
    UPCOMING: { description: 'Not yet.' },
    OPEN: { description: 'Now.' },
    CLOSED: { description: 'No more.' },
  },
});

@ObjectType({ description: 'An attack of a protocol.' })
export class BenchmarkAttack {
  @Field(() => String, { description: 'Kind of the attack, such as `AUTO_ATTACK_LINF`.' })
  kind!: string;

  @Field(() => GraphQLJSONObject, { description: 'All of its parameters.' })
  parameters!: unknown;
}

@ObjectType({
  implements: Node,
  description:
    'A protocol that models are compared by: data, threat model, attacks with their parameters and seed. A protocol that changes is a new version.',
})
export class Benchmark extends Node {
  constructor(readonly row: BenchmarkRow) {
    super('Benchmark', row.id);
  }

  @Column(() => String, { description: 'Name, such as `cifar10-linf-8/255`; all versions have it.' })
  readonly name!: string;

  @Column(() => Int, { description: 'Version of the protocol, from 1.' })
  readonly version!: number;

  @Column(() => String, { description: 'Title.' })
  readonly title!: string;

  @Column(() => String, { description: 'Rules, in Markdown.' })
  readonly rules!: string;

  @Column(() => String, { description: 'Who made it.' })
  readonly owner!: string;

  @Column(() => Visibility, { description: 'PUBLIC: for everyone with a token. PRIVATE: for admins.' })
  readonly visibility!: Visibility;

  @Column(() => Norm, { description: 'Norm of the threat model.' })
  readonly norm!: Norm;

  @Column(() => Float, { description: 'Its budget, a fraction of the pixel range.' })
  readonly epsilon!: number;

  @Column(() => Int, { description: 'Number of examples.' })
  readonly sampleCount!: number;

  @Column(() => Int, { description: 'Seed of everything random.' })
  readonly seed!: number;

  @Column(() => Judging, { description: 'What success is decided on.' })
  readonly judging!: Judging;

  @Column(() => Int, { description: 'Predictions whose majority decides on the class of an image, for models that are random.' })
  readonly predictions!: number;

  @Field(() => [BenchmarkAttack], {
    description: 'What every entry is attacked by. An example counts as right if it is so under all of them.',
  })
  get attacks(): BenchmarkAttack[] {
    return attacksOf(this.row);
  }

  @Column(() => Boolean, { description: 'Whether nobody but admins sees on which examples models are compared before it closes.' })
  readonly heldOut!: boolean;

  @Column(() => GraphQLDateTimeISO, { nullable: true, description: 'From when on models can be entered; null: from the beginning.' })
  readonly opensAt!: Date | null;

  @Column(() => GraphQLDateTimeISO, { nullable: true, description: 'Until when; null: without end.' })
  readonly closesAt!: Date | null;

  @Column(() => Int, { nullable: true, description: 'Entries that one owner may make in 24 hours; null: any number.' })
  readonly entriesPerDay!: number | null;

  @Column(() => GraphQLDateTimeISO, { description: 'When it was made.' })
  readonly createdAt!: Date;
}

@ObjectType({ description: 'What an attack of the protocol left.' })
export class EntryAttack {
  @Field(() => String, { description: 'Kind of the attack.' })
  kind!: string;

  @Field(() => Proportion, { description: 'Accuracy under it.' })
  accuracy!: Proportion;

  @Field(() => Float, { description: 'Seconds that it took, without the predictions before and after.' })
  seconds!: number;
}

@ObjectType({ description: 'What an official run found worth saying.' })
export class EntryFinding {
  @Field(() => String, { description: 'The attack that it is about.' })
  attackKind!: string;

  @Field(() => String, { description: 'Code, such as `MASKED_GRADIENTS`.' })
  code!: string;

  @Field(() => Severity, { description: 'How much it matters.' })
  severity!: FindingSeverity;

  @Field(() => String, { description: 'What was found, and what to do.' })
  message!: string;
}

@ObjectType({
  implements: Node,
  description: 'A model under the protocol of a benchmark: an official run by this server, which stays when the model is deleted.',
})
export class BenchmarkEntry extends Node {
  constructor(readonly row: EntryRow) {
    super('BenchmarkEntry', row.id);
  }

  @Column(() => String, { description: 'Name of the model when it was entered.' })
  readonly modelName!: string;

  @Column(() => Int, { description: 'Version of the model.' })
  readonly modelVersion!: number;

  @Column(() => String, { description: 'Owner of the model.' })
  readonly owner!: string;

  @Field(() => String, { description: 'Path of a picture (SVG) with its rank, for a README, below the address of this server.' })
  get badgeUrl(): string {
    return `/badges/${this.id}.svg`;
  }

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether a finding says that gradients are masked: its robust accuracy is not to be believed. Null until it has finished.',
  })
  get maskedGradients(): boolean | null {
    return resultOf(this.row)?.maskedGradients ?? null;
  }

  @Field(() => [EntryFinding], { nullable: true, description: 'What was found; null until it has finished.' })
  get findings(): readonly EntryFinding[] | null {
    return resultOf(this.row)?.findings ?? null;
  }

  @Field(() => String, { nullable: true, description: 'What computed it.' })
  get engine(): string | null {
    return resultOf(this.row)?.engine ?? null;
  }

  @Field(() => String, { nullable: true, description: 'Version of the server that computed it.' })
  get serverVersion(): string | null {
    return resultOf(this.row)?.version ?? null;
  }

  @Column(() => GraphQLDateTimeISO, { description: 'When it was entered.' })
  readonly createdAt!: Date;

  @Column(() => GraphQLDateTimeISO, { nullable: true, description: 'When its run ended.' })
  readonly finishedAt!: Date | null;
}

@ObjectType({ description: 'A network in the ranking of a benchmark.' })
export class BenchmarkRank {
  @Field(() => Int, { description: '1 and the number of those that are more robust; those with masked gradients come last.' })
  rank!: number;

  @Field(() => Int, { description: 'First of the ranks whose intervals overlap with its own.' })
  tiedFrom!: number;

  @Field(() => Int, { description: 'Last of them.' })
  tiedTo!: number;

  @Field(() => BenchmarkEntry, { description: 'Its first entry.' })
  entry!: BenchmarkEntry;

  @Field(() => [BenchmarkEntry], { description: 'Later entries of equal weights.' })
  same!: BenchmarkEntry[];

  @Field(() => Proportion, { description: 'Accuracy on the original images.' })
  clean!: Proportion;

  @Field(() => Proportion, { description: 'Examples that stay right under every attack of the protocol.' })
  robust!: Proportion;
}

@ObjectType({
  description:
    'A result that others published, read from a file of RobustBench. It is a claim: nothing of it was run here, so it has no rank.',
})
export class ClaimedEntry {
  constructor(readonly row: ClaimedRow) {}

  private get info(): RobustBenchInfo {
    return infoOf(this.row);
  }

  @Column(() => String, { description: 'Name of the file, without `.json`: that of the model on RobustBench.' })
  readonly key!: string;

  @Field(() => String, { description: 'Title of the paper.' })
  get paper(): string {
    return this.info.name;
  }

  @Field(() => String, { nullable: true, description: 'Authors.' })
  get authors(): string | undefined {
    return this.info.authors;
  }

  @Field(() => String, { nullable: true, description: 'Venue and year.' })
  get venue(): string | undefined {
    return this.info.venue;
  }

  @Field(() => String, { nullable: true, description: 'Address of the paper or the project.' })
  get link(): string | undefined {
    return this.info.link;
  }

  @Field(() => String, { nullable: true, description: 'Architecture.' })
  get architecture(): string | undefined {
    return this.info.architecture;
  }

  @Field(() => Boolean, { description: 'Whether it saw data beside the training set.' })
  get extraData(): boolean {
    return this.info.additional_data;
  }

  @Field(() => Float, { description: 'Its budget, a fraction of the pixel range; the benchmark has it too, within 2 %.' })
  get epsilon(): number {
    return this.info.eps;
  }

  @Field(() => Float, { description: 'Claimed accuracy on the original images, from 0 to 1.' })
  get clean(): number {
    return this.info.clean_acc / 100;
  }

  @Field(() => Float, { description: 'Claimed accuracy under AutoAttack, from 0 to 1.' })
  get autoAttack(): number {
    return this.info.autoattack_acc / 100;
  }

  @Field(() => Float, { description: 'The lowest accuracy that anybody reports there, from 0 to 1.' })
  get robust(): number {
    return bestKnown(this.info) / 100;
  }

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether RobustBench flags the evaluation as potentially unreliable; null: not known.',
  })
  get unreliable(): boolean | undefined {
    return this.info.unreliable;
  }

  @Field(() => String, { nullable: true, description: 'What its file notes.' })
  get footnote(): string | undefined {
    return this.info.footnote;
  }

  @Column(() => String, { description: 'Who imported it.' })
  readonly owner!: string;

  @Column(() => GraphQLDateTimeISO, { description: 'When it was imported.' })
  readonly createdAt!: Date;
}

@ObjectType({ description: 'An entry that is not ranked.' })
export class UnrankedEntry {
  @Field(() => BenchmarkEntry, { description: 'The entry.' })
  entry!: BenchmarkEntry;

  @Field(() => String, { description: 'Why not.' })
  reason!: string;
}

export const BenchmarkConnection = connectionOf('Benchmark', Benchmark);
export type BenchmarkConnection = InstanceType<typeof BenchmarkConnection>;

export const BenchmarkOrder = creationOrder('Benchmark', 'benchmarks');
export type BenchmarkOrder = InstanceType<typeof BenchmarkOrder>;
