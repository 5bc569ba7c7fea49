/**
 * Descriptions of parameters: of attacks, training schemes, optimizers, schedules and architectures. Validation, GraphQL inputs, defaults, docs and the types
 * of values all come from them.
 * @module
 */

interface ParameterBase {
  /** What it means, with units; shown in the catalogue and in the GraphQL schema. */
  readonly description: string;
}

/** A length in units of the pixel range: a budget or a step. Above 1 only in norms that add up pixels. */
export interface MagnitudeParameter extends ParameterBase {
  readonly type: 'magnitude';
  /** Absent: must be given, unless `optional`. */
  readonly default?: number;
  /** May be left out, which means no limit, as for minimum-norm attacks. */
  readonly optional?: true;
  readonly minimum: number;
  readonly maximum: number;
}

export interface NumberParameter extends ParameterBase {
  readonly type: 'integer' | 'number';
  /** Absent: optional, and derived where it is used (the description says how). */
  readonly default?: number;
  readonly minimum: number;
  readonly maximum: number;
}

export interface BooleanParameter extends ParameterBase {
  readonly type: 'boolean';
  readonly default: boolean;
}

export interface ChoiceParameter extends ParameterBase {
  readonly type: 'choice';
  /** GraphQL enum's name, such as `FgsmLabel`. */
  readonly enumName: string;
  readonly values: Readonly<Record<string, string>>;
  readonly default: string;
}

/** A list of values of a choice, in an order that counts. */
export interface ChoicesParameter extends ParameterBase {
  readonly type: 'choices';
  /** GraphQL enum's name, such as `AutoAttackStage`. */
  readonly enumName: string;
  readonly values: Readonly<Record<string, string>>;
}

/** A list of whole numbers, such as one for each example. */
export interface IntegersParameter extends ParameterBase {
  readonly type: 'integers';
  /** Of each number. */
  readonly minimum: number;
  readonly maximum: number;
}

/** Something of a list with parameters of its own, such as an attack. */
export interface ListedKind {
  readonly kind: string;
  readonly name: string;
  readonly title: string;
  readonly parameters: ParameterSpecs;
}

/** A list of attacks with parameters of their own. */
export interface AttacksParameter extends ParameterBase {
  readonly type: 'attacks';
  /** The attacks that may be in it. */
  readonly of: readonly ListedKind[];
  /** Most of them. */
  readonly maximum: number;
}

/** Other models, by their ids; what uses them is given them in this order. May be left out. */
export interface ModelsParameter extends ParameterBase {
  readonly type: 'models';
  /** Most of them. */
  readonly maximum: number;
}

/** A list of positive numbers. May be left out. */
export interface NumbersParameter extends ParameterBase {
  readonly type: 'numbers';
  /** The largest of them, and most of them. */
  readonly maximum: number;
  readonly maximumCount: number;
}

export type ParameterSpec =
  | MagnitudeParameter
  | NumberParameter
  | BooleanParameter
  | ChoiceParameter
  | ChoicesParameter
  | IntegersParameter
  | AttacksParameter
  | ModelsParameter
  | NumbersParameter;
export type ParameterSpecs = Readonly<Record<string, ParameterSpec>>;

export interface AttackChoice {
  readonly kind: string;
  readonly parameters: ParameterValues;
}

export type ParameterValue = number | boolean | string | readonly AttackChoice[] | readonly string[] | readonly number[] | undefined;
export type ParameterValues = { readonly [name: string]: ParameterValue };

declare const VALUE: unique symbol;

/** Carries the type of a parameter's values; there is nothing of it at run time. */
interface Typed<Value> {
  readonly [VALUE]: Value;
}

/** The validated values of described parameters, each with its own type. */
export type ValuesOf<Specs extends ParameterSpecs> = { readonly [Name in keyof Specs]: ValueOf<Specs[Name]> };

type ValueOf<Spec> = Spec extends Typed<infer Value> ? Value : Spec extends ParameterSpec ? ParameterValue : never;

type Described<Spec extends ParameterSpec> = Omit<Spec, 'type'>;
type Numeric<Given, Value> = Given extends { readonly default: number } ? Value : Value | undefined;

/** A whole number. Without a default its value may be undefined. */
export function integer<const Given extends Described<NumberParameter>>(given: Given) {
  return typed<NumberParameter, Numeric<Given, number>>({ type: 'integer', ...given });
}

/** A real number. Without a default its value may be undefined. */
export function real<const Given extends Described<NumberParameter>>(given: Given) {
  return typed<NumberParameter, Numeric<Given, number>>({ type: 'number', ...given });
}

/** A length as a fraction of the pixel range. Its value is undefined only where it is `optional`. */
export function magnitude<const Given extends Described<MagnitudeParameter>>(given: Given) {
  return typed<MagnitudeParameter, Given extends { readonly optional: true } ? number | undefined : number>({
    type: 'magnitude',
    ...given,
  });
}

export function boolean(given: Described<BooleanParameter>) {
  return typed<BooleanParameter, boolean>({ type: 'boolean', ...given });
}

/** One of the keys of `values`. */
export function choice<const Values extends Readonly<Record<string, string>>>(
  given: Omit<Described<ChoiceParameter>, 'values' | 'default'> & { readonly values: Values; readonly default: keyof Values & string },
) {
  return typed<ChoiceParameter, keyof Values & string>({ type: 'choice', ...given });
}

/** A list of keys of `values`. Optional: its value may be undefined. */
export function choices<const Values extends Readonly<Record<string, string>>>(
  given: Omit<Described<ChoicesParameter>, 'values'> & { readonly values: Values },
) {
  return typed<ChoicesParameter, readonly (keyof Values & string)[] | undefined>({ type: 'choices', ...given });
}

/** A list of whole numbers. Optional: its value may be undefined. */
export function integers(given: Described<IntegersParameter>) {
  return typed<IntegersParameter, readonly number[] | undefined>({ type: 'integers', ...given });
}

/** A list of attacks. */
export function attackList(given: Described<AttacksParameter>) {
  return typed<AttacksParameter, readonly AttackChoice[]>({ type: 'attacks', ...given });
}

/** A list of models. Its value may be undefined. */
export function modelList(given: Described<ModelsParameter>) {
  return typed<ModelsParameter, readonly string[] | undefined>({ type: 'models', ...given });
}

/** A list of positive numbers. Its value may be undefined. */
export function numberList(given: Described<NumbersParameter>) {
  return typed<NumbersParameter, readonly number[] | undefined>({ type: 'numbers', ...given });
}

function typed<Spec extends ParameterSpec, Value>(spec: Spec): Spec & Typed<Value> {
  return spec as Spec & Typed<Value>;
}
