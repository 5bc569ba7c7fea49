/** Pages with their filters that the user has given a name: links, in the navigation. @module */
import { ActionIcon, Alert, Button, Group, Modal, NavLink, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useRouter, useRouterState } from '@tanstack/react-router';
import { useState, type FormEvent, type ReactNode } from 'react';
import { useMutation } from 'urql';
import { DeleteSavedViewDocument, SavedViewsDocument, SaveViewDocument } from '../data/generated';
import { useData } from '../data/use-data';
import { useStart } from '../forms/use-start';

export default function SavedViews(): ReactNode {
  const router = useRouter();
  const here = useRouterState({ select: ({ location }) => location.href });
  const { data } = useData(SavedViewsDocument, {});
  const [, remove] = useMutation(DeleteSavedViewDocument);
  const [isOpen, { open, close }] = useDisclosure(false);
  const views = data?.savedViews ?? [];
  return (
    <div role="group" aria-label="Saved views">
      {views.length > 0 && (
        <Text size="xs" c="dimmed" px="sm" pt="sm">
          Saved views
        </Text>
      )}
      {views.map(({ id, name, path }) => (
        <Group key={id} gap={0} wrap="nowrap">
          <NavLink
            href={path}
            label={name}
            active={here === path}
            onClick={(event) => {
              if (event.ctrlKey || event.metaKey || event.shiftKey) return;
              event.preventDefault();
              void router.navigate({ href: path });
            }}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Forget the view ${name}`}
            onClick={() => void remove({ input: { savedViewId: id } })}
          >
            ✕
          </ActionIcon>
        </Group>
      ))}
      <Button variant="subtle" size="compact-sm" mx={4} mt="xs" onClick={open} aria-haspopup="dialog">
        Save this view
      </Button>
      {isOpen && <SaveForm path={here} onClose={close} />}
    </div>
  );
}

function SaveForm({ path, onClose }: { readonly path: string; readonly onClose: () => void }) {
  const { start, problem, isStarting } = useStart(SaveViewDocument);
  const [name, setName] = useState('');
  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (await start({ name, path })) onClose();
  };
  return (
    <Modal.Root opened onClose={onClose}>
      <Modal.Overlay />
      <Modal.Content aria-label="Save this view">
        <Modal.Body>
          <form onSubmit={(event) => void save(event)}>
            <Stack gap="sm" pt="md">
              <TextInput
                data-autofocus
                label="Name"
                description="This page with its filters, in the navigation and in Go to. A view of the same name is replaced."
                required
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
              />
              {problem && (
                <Alert color="red" variant="light" role="alert" title="It was not saved">
                  {problem}
                </Alert>
              )}
              <Group gap="xs">
                <Button type="submit" loading={isStarting} disabled={name.trim() === ''}>
                  Save
                </Button>
                <Button variant="default" onClick={onClose}>
                  Cancel
                </Button>
              </Group>
            </Stack>
          </form>
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
