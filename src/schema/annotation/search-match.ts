import { Field, ObjectType, registerEnumType } from 'type-graphql';
import type { SearchedField as SearchedFieldName } from '../../services/annotation/search.js';
import { Annotated } from './annotated.js';

const SearchedField = { NAME: 'NAME', FINGERPRINT: 'FINGERPRINT', TAG: 'TAG', NOTE: 'NOTE' } as const satisfies Record<
  SearchedFieldName,
  SearchedFieldName
>;

registerEnumType(SearchedField, {
  name: 'SearchedField',
  description: 'What a text was found in.',
  valuesConfig: {
    NAME: { description: 'The name; of a study its recipe.' },
    FINGERPRINT: { description: 'The beginning of the fingerprint.' },
    TAG: { description: 'A tag.' },
    NOTE: { description: 'The note.' },
  },
});

@ObjectType({ description: 'What was found, and by what.' })
export class SearchMatch {
  @Field(() => Annotated, { description: 'A model, data set, evaluation or study.' })
  readonly node: Annotated;

  @Field(() => SearchedField, { description: 'What the text was found in.' })
  readonly field: SearchedFieldName;

  constructor(node: Annotated, field: SearchedFieldName) {
    this.node = node;
    this.field = field;
  }
}
