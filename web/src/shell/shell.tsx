/** What is around every page: navigation, the user, light and dark. @module */
import {
  ActionIcon,
  Alert,
  AppShell,
  Badge,
  Burger,
  Button,
  Group,
  Menu,
  NavLink,
  ScrollArea,
  Text,
  UnstyledButton,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure, useHotkeys } from '@mantine/hooks';
import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { ButtonLink } from '../components/links';
import { lazy, Suspense, useEffect, type ReactNode } from 'react';
import { useQuery } from 'urql';
import { ViewerDocument } from '../data/generated';
import iconUrl from '../icon.svg';
import { ADMIN, LINKS } from './links';

const Palette = lazy(() => import('./palette'));
const SavedViews = lazy(() => import('./saved-views'));

export function Shell(): ReactNode {
  const [isOpen, { toggle, close }] = useDisclosure(false);
  const path = useRouterState({ select: ({ location }) => location.pathname });
  useEffect(close, [path, close]);
  const isSignIn = path === '/sign-in';
  const [isPalette, palette] = useDisclosure(false);
  useHotkeys([['mod+K', () => !isSignIn && palette.open()]], []);
  const [{ data }] = useQuery({ query: ViewerDocument, pause: isSignIn });
  const links = data?.viewer.role === 'ADMIN' ? [...LINKS, ADMIN] : LINKS;
  return (
    <AppShell
      header={{ height: 56 }}
      {...(!isSignIn && { navbar: { width: 220, breakpoint: 'sm', collapsed: { mobile: !isOpen } } })}
      padding="md"
    >
      <a href="#main" className="skip">
        Skip to the content
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            {!isSignIn && (
              <Burger
                opened={isOpen}
                onClick={toggle}
                hiddenFrom="sm"
                size="sm"
                aria-label={isOpen ? 'Close the navigation' : 'Open the navigation'}
                aria-expanded={isOpen}
              />
            )}
            <UnstyledButton component={Link} to="/">
              <Group gap="xs" wrap="nowrap">
                <img src={iconUrl} alt="" width={28} height={28} />
                <Text fw={700} size="lg">
                  Gauntlet
                </Text>
              </Group>
            </UnstyledButton>
          </Group>
          <Group gap="xs" wrap="nowrap">
            {!isSignIn && (
              <Button variant="default" size="sm" onClick={palette.open} aria-haspopup="dialog" visibleFrom="sm">
                Go to …
                <Text span size="xs" c="dimmed" ml="xs">
                  Ctrl K
                </Text>
              </Button>
            )}
            <SchemeToggle />
            {!isSignIn && <User />}
          </Group>
        </Group>
      </AppShell.Header>
      {!isSignIn && (
        <AppShell.Navbar p="sm" aria-label="Main">
          <AppShell.Section grow component={ScrollArea}>
            {links.map(({ to, name }) => {
              const isActive = to === '/' ? path === '/' : path.startsWith(to);
              return (
                <NavLink key={to} component={Link} to={to} label={name} active={isActive} aria-current={isActive ? 'page' : undefined} />
              );
            })}
            <NavLink component="a" href="/explorer" label="API explorer" />
            {data && data.viewer.name !== '(public)' && (
              <Suspense>
                <SavedViews />
              </Suspense>
            )}
          </AppShell.Section>
          <ButtonLink to="/new-evaluation" variant="light">
            New evaluation
          </ButtonLink>
        </AppShell.Navbar>
      )}
      {isPalette && (
        <Suspense>
          <Palette isOpen onClose={palette.close} />
        </Suspense>
      )}
      <AppShell.Main id="main" tabIndex={-1}>
        <div style={{ maxWidth: 1600, margin: '0 auto' }}>
          <LeftOut />
          <Outlet />
        </div>
      </AppShell.Main>
    </AppShell>
  );
}

/** Says which parameters of the address the page does not take. */
function LeftOut() {
  const address = useRouterState({ select: ({ location }) => location.searchStr });
  const taken: Readonly<Record<string, unknown>> = useRouterState({ select: ({ matches }) => matches.at(-1)?.search ?? {} });
  const names = [...new URLSearchParams(address)].filter(([name, value]) => value !== '' && name in taken && taken[name] === undefined);
  return names.map(([name, value]) => (
    <Alert key={name} color="yellow" variant="light" role="alert" mb="md">
      The address has {name}={value}, which is no value of {name}: it is left out. Correct the address, or choose on the page.
    </Alert>
  ));
}

function SchemeToggle() {
  const { setColorScheme } = useMantineColorScheme();
  const isDark = useComputedColorScheme('light') === 'dark';
  return (
    <ActionIcon
      variant="default"
      size="lg"
      onClick={() => setColorScheme(isDark ? 'light' : 'dark')}
      aria-label={isDark ? 'Use light colours' : 'Use dark colours'}
    >
      <svg
        width="18"
        height="18"
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
        aria-hidden="true"
      >
        {isDark ? (
          <path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M5.6 18.4 7 17M17 7l1.4-1.4M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0" />
        ) : (
          <path d="M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5" />
        )}
      </svg>
    </ActionIcon>
  );
}

async function signOut(): Promise<void> {
  await fetch('/session', { method: 'DELETE' });
  location.assign('/sign-in');
}

function User() {
  const [{ data }] = useQuery({ query: ViewerDocument });
  if (!data) return null;
  const { name, role } = data.viewer;
  if (name === '(public)')
    return (
      <ButtonLink to="/sign-in" variant="light" size="sm">
        Sign in
      </ButtonLink>
    );
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" size="sm">
          {name}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Group gap="xs">
            Signed in as {name}
            <Badge size="sm" variant="light" tt="none">
              {role.toLowerCase()}
            </Badge>
          </Group>
        </Menu.Label>
        <Menu.Item onClick={() => void signOut()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
