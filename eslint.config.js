import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** A decorator of a GraphQL field that is never null. */
const PROMISE =
  "CallExpression[callee.name=/^(Field|Column|FieldResolver|Query|Mutation|Subscription)$/]:not(:has(Property[key.name='nullable']))";
const NOTHING = ['TSNullKeyword', 'TSUndefinedKeyword'];

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      'assembly/**',
      'node_modules/**',
      'data/**',
      'coverage/**',
      'src/storage/generated/**',
      'client/src/generated.ts',
      'web/src/data/generated.ts',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [...tseslint.configs.recommended],
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['prisma.config.ts', 'docs/.vitepress/config.ts', 'docs/.vitepress/theme/index.ts'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    // What the schema promises, its resolver must not break: a field without `nullable` has a type without null.
    files: ['src/schema/**/*.ts', 'src/resolvers/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...NOTHING.flatMap((nothing) => [
          {
            selector: `MethodDefinition:has(Decorator > ${PROMISE}) > FunctionExpression > TSTypeAnnotation ${nothing}`,
            message: 'The field is declared as never null. Declare it nullable, or have its resolver throw: `get` of a node does.',
          },
          {
            selector: `PropertyDefinition:has(Decorator > ${PROMISE}) > TSTypeAnnotation ${nothing}`,
            message: 'The field is declared as never null. Declare it nullable, or give it a type without null.',
          },
        ]),
      ],
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
);
