import { Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import { GraphQLJSONObject } from 'graphql-scalars';
import type { MeanEstimate } from '../../compute/statistics/index.js';
import { reportOf, settingsOf } from '../../storage/json.js';
import type { Study as StudyRow } from '../../storage/generated/client.js';
import type { Report, Settings, VerdictOutcome as Outcome } from '../../studies/types.js';
import { connectionOf } from '../relay/connection.js';
import { creationOrder } from '../relay/order.js';
import { RequestedNode } from '../relay/requested-node.js';
import { Column } from '../column.js';
import { Annotated, NOTE, TAGS } from '../annotation/annotated.js';

@ObjectType({
  description: 'A mean over seeds, or over source networks where models were submitted, with its 95 % interval after Student.',
})
class SeedMean {
  @Field(() => Float, { description: 'The mean.' })
  mean!: number;

  @Field(() => Float, { nullable: true, description: 'Lower end of the interval; null for a single value.' })
  lower!: number | null;

  @Field(() => Float, { nullable: true, description: 'Upper end of the interval; null for a single value.' })
  upper!: number | null;

  @Field(() => Int, { description: 'Number of seeds, or of sources.' })
  n!: number;
}

@ObjectType({ description: 'A row of a table.' })
export class StudyTableRow {
  @Field(() => String, { description: 'What it is about.' })
  label!: string;

  @Field(() => [SeedMean], {
    nullable: 'items',
    description: 'A figure for each column after the first; null where nothing could be measured.',
  })
  cells!: readonly (MeanEstimate | null)[];
}

@ObjectType({ description: 'A table of a study.' })
export class StudyTable {
  @Field(() => String, { description: 'What it shows.' })
  title!: string;

  @Field(() => [String], { description: "Names of the columns; the first is that of the rows' labels." })
  columns!: readonly string[];

  @Field(() => [StudyTableRow], { description: 'Its rows.' })
  rows!: readonly StudyTableRow[];
}

@ObjectType({ description: 'A point of a curve.' })
export class StudyPoint extends SeedMean {
  @Field(() => Float, { description: 'Where: ε or ρ, as the axis says.' })
  x!: number;
}

@ObjectType({ description: 'A curve.' })
export class StudySeries {
  @Field(() => String, { description: 'Its name in the legend.' })
  name!: string;

  @Field(() => [StudyPoint], { description: 'Its points, by rising x.' })
  points!: readonly StudyPoint[];
}

@ObjectType({ description: 'Curves on the same axes.' })
export class StudyPlot {
  @Field(() => String, { description: 'What it shows.' })
  title!: string;

  @Field(() => String, { description: 'Title of the horizontal axis.' })
  xTitle!: string;

  @Field(() => String, { description: 'Title of the vertical axis.' })
  yTitle!: string;

  @Field(() => [StudySeries], { description: 'The curves.' })
  series!: readonly StudySeries[];
}

const VerdictOutcome = {
  REPRODUCED: 'REPRODUCED',
  NOT_REPRODUCED: 'NOT_REPRODUCED',
  NOT_DECIDED: 'NOT_DECIDED',
} as const satisfies Record<Outcome, Outcome>;

registerEnumType(VerdictOutcome, {
  name: 'StudyVerdictOutcome',
  description: 'Whether a finding of the paper shows here too, by the criterion of the verdict.',
  valuesConfig: {
    REPRODUCED: { description: 'The interval lies on the side of the bound that the paper says.' },
    NOT_REPRODUCED: { description: 'It lies on the other side.' },
    NOT_DECIDED: { description: 'The bound lies inside it, or there are too few seeds for one.' },
  },
});

@ObjectType({ description: 'Whether a finding of the paper shows here too.' })
export class StudyVerdict {
  @Field(() => String, { description: 'The finding.' })
  statement!: string;

  @Field(() => String, { description: 'What was measured, and how it decides.' })
  criterion!: string;

  @Field(() => String, { description: 'What the paper reports.' })
  paper!: string;

  @Field(() => SeedMean, { nullable: true, description: 'What was measured here; null where nothing could be.' })
  estimate!: MeanEstimate | null;

  @Field(() => VerdictOutcome, { description: 'The verdict.' })
  outcome!: Outcome;
}

export enum StudyReportFormat {
  CSV = 'csv',
  JSON = 'json',
  HTML = 'html',
}

registerEnumType(StudyReportFormat, {
  name: 'StudyReportFormat',
  description: 'What a report is written as.',
  valuesConfig: {
    CSV: { description: 'Tables, plots and verdicts, one line for each figure, point and verdict.' },
    JSON: { description: 'Everything.' },
    HTML: { description: 'A page of its own, with plots, for people.' },
  },
});

@ObjectType({
  implements: [RequestedNode, Annotated],
  description: 'A recipe applied at a scale: networks trained and attacked, and what came of it beside what a paper reports.',
})
export class Study extends RequestedNode {
  constructor(readonly row: StudyRow) {
    super('Study', row.id);
  }

  @Column(() => String, { description: 'Name of its recipe, such as `F1`.' })
  readonly recipe!: string;

  @Column(() => Int, { description: 'Version of the recipe.' })
  readonly version!: number;

  @Field(() => String, { description: 'Name of its scale, such as `mnist-mini`.' })
  get scale(): string {
    return this.settings.name;
  }

  @Field(() => Int, { description: 'Networks of each kind, with seeds 1, 2, …' })
  get seeds(): number {
    return this.settings.seeds;
  }

  @Field(() => GraphQLJSONObject, { description: 'The scale with what was chosen: steps, optimizer, budgets, architectures.' })
  get settings(): Settings {
    return settingsOf(this.row);
  }

  @Column(() => String, { description: 'Name of the principal that asked for it.' })
  readonly owner!: string;

  @Column(() => [String], TAGS)
  readonly tags!: string[];

  @Column(() => String, { nullable: true, description: NOTE })
  readonly note!: string | null;

  @Field(() => [StudyTable], { description: 'Its tables; empty until it has succeeded.' })
  get tables(): readonly StudyTable[] {
    return this.report?.tables ?? [];
  }

  @Field(() => [StudyPlot], { description: 'Its curves; empty until it has succeeded.' })
  get plots(): readonly StudyPlot[] {
    return this.report?.plots ?? [];
  }

  @Field(() => [StudyVerdict], { description: 'Which findings show here too; empty until it has succeeded.' })
  get verdicts(): readonly StudyVerdict[] {
    return this.report?.verdicts ?? [];
  }

  get report(): Report | null {
    return reportOf(this.row);
  }
}

export const StudyConnection = connectionOf('Study', Study);
export type StudyConnection = InstanceType<typeof StudyConnection>;

export const StudyOrder = creationOrder('Study', 'studies');
export type StudyOrder = InstanceType<typeof StudyOrder>;
