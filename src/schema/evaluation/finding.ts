import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { GraphQLJSONObject } from 'graphql-scalars';
import { certificationChecks, comparisonChecks, findingChecks, transferChecks } from '../../results/findings/registry.js';
import type { FindingSeverity } from '../../results/findings/types.js';

/** Every check, as clients see it. */
export const findingKinds: readonly { readonly code: string; readonly description: string }[] = [
  ...findingChecks,
  ...comparisonChecks,
  ...transferChecks,
  ...certificationChecks,
];

const CODES = findingKinds.map(({ code, description }) => `\`${code}\`: ${description}`).join('\n');

export const Severity = { INFO: 'INFO', WARNING: 'WARNING', ERROR: 'ERROR' } as const satisfies Record<FindingSeverity, FindingSeverity>;

registerEnumType(Severity, {
  name: 'FindingSeverity',
  description: 'How much a finding matters.',
  valuesConfig: {
    INFO: { description: 'Good to know.' },
    WARNING: { description: 'The numbers need care.' },
    ERROR: { description: 'The numbers are wrong.' },
  },
});

@ObjectType({ description: 'What an automatic check found.' })
export class Finding {
  @Field(() => String, { description: `Name of the check.\n${CODES}` })
  code!: string;

  @Field(() => Severity, { description: 'How much it matters.' })
  severity!: FindingSeverity;

  @Field(() => String, { description: 'What was found, and what to do about it.' })
  message!: string;

  @Field(() => GraphQLJSONObject, { description: 'The numbers that it rests on.' })
  evidence!: unknown;

  /** Id of a row; the resolver reads it. */
  comparedWith?: string;
}

@ObjectType({ description: 'An automatic check.' })
export class FindingKind {
  @Field(() => String, { description: 'Name of the check, as findings and filters have it.' })
  code!: string;

  @Field(() => String, { description: 'What it finds.' })
  description!: string;
}
