/** The end of a form: what is wrong, the button, and the same request for other clients. @module */
import { Alert, Button, Code, CopyButton, Group, Tabs } from '@mantine/core';
import type { ReactNode } from 'react';
import { Section } from '../components/page';
import { LANGUAGES, requestText } from './requests';

interface StartProps {
  /** Of the button. */
  readonly children: ReactNode;
  readonly problem: string | undefined;
  readonly isStarting: boolean;
  readonly isComplete: boolean;
  readonly onStart: () => void;
  /** The mutation, such as `startTraining`, and its input. */
  readonly mutation: string;
  /** What is read of its success. */
  readonly selection: string;
  readonly input: object;
}

export function Start({ children, problem, isStarting, isComplete, onStart, mutation, selection, input }: StartProps) {
  return (
    <>
      {problem && (
        <Alert color="red" variant="light" role="alert" title="It was not started">
          {problem}
        </Alert>
      )}
      <Group>
        <Button size="md" onClick={onStart} loading={isStarting} disabled={!isComplete}>
          {children}
        </Button>
      </Group>
      <Section title="The same request elsewhere">
        <Tabs defaultValue="GraphQL" keepMounted={false}>
          <Tabs.List>
            {LANGUAGES.map((language) => (
              <Tabs.Tab key={language} value={language}>
                {language}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          {LANGUAGES.map((language) => {
            const text = requestText(language, { mutation, selection, input }, location.origin);
            return (
              <Tabs.Panel key={language} value={language} pt="sm">
                <Code block tabIndex={0} mah={320} style={{ overflow: 'auto' }}>
                  {text}
                </Code>
                <CopyButton value={text}>
                  {({ copied, copy }) => (
                    <Button mt="xs" size="xs" variant="default" onClick={copy}>
                      {copied ? 'Copied' : 'Copy'}
                    </Button>
                  )}
                </CopyButton>
              </Tabs.Panel>
            );
          })}
        </Tabs>
      </Section>
    </>
  );
}
