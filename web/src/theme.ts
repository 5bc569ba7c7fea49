/** Colours, sizes and defaults of components. @module */
import { createTheme, type CSSVariablesResolver } from '@mantine/core';

export const theme = createTheme({
  primaryColor: 'blue',
  // White text is read easily on it.
  primaryShade: 8,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif',
  defaultRadius: 'md',
  components: {
    // Fields of a row have their inputs at one height, whatever is said about them.
    InputWrapper: { defaultProps: { inputWrapperOrder: ['label', 'input', 'description', 'error'] } },
    Anchor: { defaultProps: { underline: 'hover' } },
    Table: { defaultProps: { verticalSpacing: 'xs', highlightOnHover: true } },
    Card: { defaultProps: { withBorder: true, padding: 'md' } },
  },
});

/** Quieter text, placeholders and texts of badges, that are still read easily: 4.5 : 1 on both backgrounds. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#5c636a',
    '--mantine-color-placeholder': '#6c737a',
    '--mantine-color-orange-light-color': '#9c3307',
    '--mantine-color-green-light-color': '#1b5e28',
    '--mantine-color-red-light-color': '#a51d1d',
  },
  dark: { '--mantine-color-dimmed': '#a6adb4', '--mantine-color-placeholder': '#9aa1a8' },
});
