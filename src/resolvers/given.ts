export type Given<Input> = { [Key in keyof Input]: Exclude<Input[Key], null> };

/** An input whose nulls count as absent: clients send either for "I don't mind". */
export function given<Input extends object>(input: Input): Given<Input>;
export function given<Input extends object>(input: Input | null | undefined): Partial<Given<Input>>;
export function given(input: object | null | undefined): object {
  return Object.fromEntries(Object.entries(input ?? {}).filter(([, value]) => value !== null && value !== undefined));
}
