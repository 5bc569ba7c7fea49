import { Field, ObjectType } from 'type-graphql';
import { GraphQLJSONObject } from 'graphql-scalars';
import { comparisonChecks, findingChecks, transferChecks } from '../../results/findings/registry.js';
import type { FindingSeverity } from '../../results/findings/types.js';
import { Severity } from '../enums/index.js';

const CODES = [...findingChecks, ...comparisonChecks, ...transferChecks]
  .map(({ code, description }) => `\`${code}\`: ${description}`)
  .join('\n');

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
