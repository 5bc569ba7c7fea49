/** Descriptions of parameters, from which come validation, types of values, GraphQL inputs, defaults and docs. @module */
export {
  type AttackChoice,
  type AttacksParameter,
  type BooleanParameter,
  type MagnitudeParameter,
  type IntegersParameter,
  type NumberParameter,
  type ChoiceParameter,
  type ChoicesParameter,
  type ParameterSpec,
  type ParameterSpecs,
  type ParameterValue,
  type ParameterValues,
  type ValuesOf,
  attackList,
  boolean,
  choice,
  choices,
  integer,
  integers,
  modelList,
  numberList,
  magnitude,
  real,
} from './descriptions.js';
export { findNamed } from './find-named.js';
export { formatMagnitude, MAGNITUDES, parseMagnitude } from './magnitude.js';
export { isAttackList, isRequired, validateParameters } from './validate.js';
export { optionalNumberOf } from './values.js';
