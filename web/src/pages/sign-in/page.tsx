/** Signing in with a token: the server makes a session of it, and the token is kept nowhere in the browser. @module */
import { Alert, Button, Card, Code, Divider, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useEffect, useState, type FormEvent, type ReactNode } from 'react';

const route = getRouteApi('/sign-in');

/** Only pages of this server. */
const destination = (next: string | undefined) => (next && /^\/(?!\/|\\)/.test(next) ? next : '/');

export default function SignInPage(): ReactNode {
  const { next } = route.useSearch();
  const [token, setToken] = useState('');
  const [problem, setProblem] = useState<string>();
  const [hasProvider, setProvider] = useState(false);
  const [isSending, setSending] = useState(false);
  useEffect(() => {
    document.title = 'Sign in · Gauntlet';
    // A server that cannot say so offers tokens alone.
    void fetch('/session')
      .then((response) => response.json() as Promise<{ ways?: string[]; problem?: string }>)
      .then(({ ways, problem: before }) => {
        setProvider(ways?.includes('oidc') ?? false);
        if (before) setProblem(before);
      })
      .catch(() => undefined);
  }, []);

  async function signIn(): Promise<void> {
    setSending(true);
    try {
      const response = await fetch('/session', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ token: token.trim() }),
      });
      if (response.ok) return location.assign(destination(next));
      const { error } = (await response.json()) as { error?: { message: string } };
      setProblem(error?.message ?? `The server answered ${response.status}.`);
    } catch {
      setProblem('The server does not answer. Is it running?');
    }
    setSending(false);
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void signIn();
  };

  return (
    <Card maw={440} mx="auto" mt="xl" padding="xl">
      <form onSubmit={submit}>
        <Stack>
          <Title order={1} size="h3">
            Sign in
          </Title>
          <Text c="dimmed" size="sm">
            The server prints the first token when it is started for the first time. Admins create others.
          </Text>
          {problem && (
            <Alert color="red" variant="light" role="alert">
              {problem}
            </Alert>
          )}
          {hasProvider && (
            <>
              <Button component="a" href={`/session/oidc?next=${encodeURIComponent(destination(next))}`}>
                Sign in with your account
              </Button>
              <Divider label="or with a token" />
            </>
          )}
          <PasswordInput
            label="Token"
            placeholder="gauntlet_…"
            value={token}
            onChange={(event) => setToken(event.currentTarget.value)}
            autoComplete="current-password"
            visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the token' }}
            required
            data-autofocus
          />
          <Button type="submit" loading={isSending} disabled={token.trim() === ''}>
            Sign in
          </Button>
          <Text c="dimmed" size="xs">
            Lost it? On the server&apos;s machine, <Code>npm run token</Code> makes one.
          </Text>
        </Stack>
      </form>
    </Card>
  );
}
