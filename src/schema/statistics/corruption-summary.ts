import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { CorruptionGroup, CorruptionScale as Scale } from '../../compute/data/index.js';
import { CORRUPTION_GROUPS, findCorruption } from '../../compute/data/index.js';
import { correlationOf, type KindSummary } from '../../results/corruptions.js';
import type { CorruptionResults, ModelCorruptions } from '../../services/statistics/corruptions.js';
import { Estimate } from './estimate.js';
import { Proportion } from './proportion.js';

const Group = Object.fromEntries(CORRUPTION_GROUPS.map((group) => [group, group])) as Record<CorruptionGroup, CorruptionGroup>;

registerEnumType(Group, {
  name: 'CorruptionGroup',
  description: 'Kinds of corruptions.',
  valuesConfig: {
    NOISE: { description: 'Noise of sensors.' },
    BLUR: { description: 'Blur of lenses and motion.' },
    WEATHER: { description: 'Snow, frost, fog and daylight.' },
    DIGITAL: { description: 'What software does: contrast, compression, resampling, deformation.' },
    EXTRA: { description: 'Four more, for choosing the parameters of a defence: they do not count in means.' },
  },
});

const Table = { CIFAR: 'CIFAR', TINY_IMAGENET: 'TINY_IMAGENET', IMAGENET: 'IMAGENET' } as const satisfies Record<Scale, Scale>;

registerEnumType(Table, {
  name: 'CorruptionTable',
  description: 'The published table that says what a severity means.',
  valuesConfig: {
    CIFAR: { description: 'That of CIFAR-10-C.' },
    TINY_IMAGENET: { description: 'That of Tiny ImageNet-C.' },
    IMAGENET: { description: 'That of ImageNet-C.' },
  },
});

@ObjectType({ description: 'Accuracy of a model under a corruption of a severity.' })
export class CorruptionAccuracy {
  constructor(
    readonly severityOf: KindSummary['severities'][number],
    readonly evaluationId: string,
  ) {}

  @Field(() => Int, { description: '1 to 5.' })
  get severity(): number {
    return this.severityOf.severity;
  }

  @Field(() => Proportion, { description: 'Share of the corrupted images that the model is right on.' })
  get accuracy(): Proportion {
    return this.severityOf.accuracy;
  }
}

@ObjectType({ description: 'A model under one corruption.' })
export class CorruptionKindSummary {
  constructor(
    private readonly summary: KindSummary,
    private readonly evaluationIds: Readonly<Record<string, string>>,
  ) {}

  @Field(() => String, { description: 'The corruption, a value of `CorruptionKind`.' })
  get kind(): string {
    return this.summary.kind;
  }

  @Field(() => Group, { description: 'Its group.' })
  get group(): CorruptionGroup {
    return findCorruption(this.summary.kind).group;
  }

  @Field(() => [CorruptionAccuracy], { description: 'By severity, as far as they were measured.' })
  get severities(): CorruptionAccuracy[] {
    const { kind, severities } = this.summary;
    return severities.map((one) => new CorruptionAccuracy(one, this.evaluationIds[`${kind} ${one.severity}`]!));
  }

  @Field(() => Estimate, { nullable: true, description: 'Mean accuracy over the five severities; null where one was not measured.' })
  get accuracy(): Estimate | null {
    return this.summary.accuracy;
  }

  @Field(() => Estimate, {
    nullable: true,
    description:
      'Corruption error (CE): sum of the errors at the five severities, divided by that of the baseline. The paper writes it in percent.',
  })
  get corruptionError(): Estimate | null {
    return this.summary.corruptionError;
  }

  @Field(() => Estimate, { nullable: true, description: 'The same of what the errors are above the clean error.' })
  get relativeCorruptionError(): Estimate | null {
    return this.summary.relativeCorruptionError;
  }
}

@ObjectType({ description: 'A model under common corruptions.' })
export class ModelCorruptionSummary {
  constructor(readonly summary: ModelCorruptions) {}

  @Field(() => Proportion, { description: 'Accuracy on the original images.' })
  get clean(): Proportion {
    return this.summary.clean;
  }

  @Field(() => Estimate, {
    nullable: true,
    description:
      'Mean accuracy over the 15 corruptions and five severities; null where one of them was not measured. Intervals are over examples.',
  })
  get corrupted(): Estimate | null {
    return this.summary.accuracy;
  }

  @Field(() => Proportion, {
    nullable: true,
    description: "Worst case under the attacks of the threat model's leaderboard, on the same examples; null where it is not ranked there.",
  })
  get adversarial(): Proportion | null {
    return this.summary.adversarial;
  }

  @Field(() => Estimate, {
    nullable: true,
    description:
      'Mean corruption error (mCE) over the 15 corruptions, as a share of the baseline: 1 is as bad. The paper writes it in percent.',
  })
  get meanCorruptionError(): Estimate | null {
    return this.summary.meanCorruptionError;
  }

  @Field(() => Estimate, {
    nullable: true,
    description:
      'Relative mCE: the same of what corruption adds to the clean error. A model that is better on clean images alone does not gain by it.',
  })
  get relativeMeanCorruptionError(): Estimate | null {
    return this.summary.relativeMeanCorruptionError;
  }

  @Field(() => [String], { description: 'Those of the 15 corruptions that were not measured at all five severities.' })
  get missing(): readonly string[] {
    return this.summary.missing;
  }

  @Field(() => [String], {
    description:
      'Those of the 15 corruptions under which the baseline makes no error, so that there is nothing to divide by and `meanCorruptionError` is null: evaluate more images, or choose another baseline.',
  })
  get withoutBaselineErrors(): readonly string[] {
    return this.summary.withoutBaselineErrors;
  }

  @Field(() => [CorruptionKindSummary], { description: 'Each corruption that was measured.' })
  get corruptions(): CorruptionKindSummary[] {
    return this.summary.kinds.map((kind) => new CorruptionKindSummary(kind, this.summary.evaluationIds));
  }
}

@ObjectType({ description: 'Whether models that are better at the one are better at the other too, over the models that have both.' })
export class AccuracyCorrelation {
  @Field(() => Estimate, { description: "Pearson's correlation, with Fisher's interval." })
  pearson!: Estimate;

  @Field(() => Estimate, { description: "Spearman's rank correlation, with the interval of Bonett and Wright (2000)." })
  spearman!: Estimate;
}

@ObjectType({
  description:
    'Clean, corrupted and adversarial accuracy of models side by side, all on the same examples: those of most results, then the largest range.',
})
export class CorruptionSummary {
  constructor(private readonly results: CorruptionResults) {}

  @Field(() => Int, { nullable: true, description: 'Position of the first example; null where nothing has finished.' })
  get offset(): number | undefined {
    return this.results.range?.offset;
  }

  @Field(() => Int, { nullable: true, description: 'Number of examples; null where nothing has finished.' })
  get sampleCount(): number | undefined {
    return this.results.range?.sampleCount;
  }

  @Field(() => Table, { description: 'What a severity means: the table of the published size that is nearest to these images.' })
  get scale(): Scale {
    return this.results.scale;
  }

  @Field(() => [ModelCorruptionSummary], { description: 'The models that were corrupted on these examples.' })
  get models(): ModelCorruptionSummary[] {
    return this.results.models.map((model) => new ModelCorruptionSummary(model));
  }

  @Field(() => AccuracyCorrelation, { description: 'Of clean and corrupted accuracy.' })
  get cleanAndCorrupted(): AccuracyCorrelation {
    return correlationOf(this.results.models, 'clean', 'corrupted');
  }

  @Field(() => AccuracyCorrelation, {
    description: 'Of corrupted and adversarial accuracy: whether who resists corruptions resists attacks.',
  })
  get corruptedAndAdversarial(): AccuracyCorrelation {
    return correlationOf(this.results.models, 'corrupted', 'adversarial');
  }

  @Field(() => AccuracyCorrelation, { description: 'Of clean and adversarial accuracy.' })
  get cleanAndAdversarial(): AccuracyCorrelation {
    return correlationOf(this.results.models, 'clean', 'adversarial');
  }
}
