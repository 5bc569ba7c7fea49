/** Any page, saved view or thing of the server by a few letters of its name, fingerprint, tags or note: opened by Ctrl+K. @module */
import { Combobox, Modal, Text, TextInput, useCombobox } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useRouter } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { threatText, useAttackName } from '../components/attack';
import { PaletteSearchDocument, SavedViewsDocument, type PaletteSearchQuery } from '../data/generated';
import { useData } from '../data/use-data';
import { ACTIONS, LINKS } from './links';

interface Command {
  /** Where it leads. */
  readonly to: string;
  readonly name: string;
  /** What it was found by, where that is not the name. */
  readonly by?: string | undefined;
}

interface Group {
  readonly name: string;
  readonly commands: readonly Command[];
}

type Match = PaletteSearchQuery['search'][number];

const KINDS: readonly { readonly type: Match['node']['__typename']; readonly name: string }[] = [
  { type: 'Model', name: 'Models' },
  { type: 'Dataset', name: 'Data sets' },
  { type: 'Evaluation', name: 'Evaluations' },
  { type: 'Study', name: 'Studies' },
];

const PATHS = { Model: 'models', Dataset: 'datasets', Evaluation: 'evaluations', Study: 'studies' } as const;

function commandOf({ node, field }: Match, nameOfAttack: ReturnType<typeof useAttackName>) {
  const by = { NAME: undefined, FINGERPRINT: 'by its fingerprint', TAG: node.tags.join(', '), NOTE: 'by its note' }[field];
  const nameOf = () => {
    switch (node.__typename) {
      case 'Model':
      case 'Dataset':
        return node.name;
      case 'Study':
        return `${node.recipe}, ${node.scale}`;
      case 'Evaluation': {
        const title = nameOfAttack(node.attack);
        return `${[title, threatText(node.attack, title)].filter(Boolean).join(', ')} on ${node.model.name}`;
      }
    }
  };
  return { type: node.__typename, to: `/${PATHS[node.__typename]}/${node.id}`, name: nameOf(), by };
}

interface PaletteProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

const takes = (text: string) => (command: Command) =>
  text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => command.name.toLowerCase().includes(word));

export default function Palette({ isOpen, onClose }: PaletteProps) {
  const router = useRouter();
  const nameOfAttack = useAttackName();
  const [text, setText] = useState('');
  const [searched] = useDebouncedValue(text.trim(), 150);
  const { data } = useData(PaletteSearchDocument, { text: searched }, { pause: searched === '' });
  const views = useData(SavedViewsDocument, {}).data?.savedViews ?? [];
  const found = (text && data?.search.map((match) => commandOf(match, nameOfAttack))) || [];
  const combobox = useCombobox({ opened: true });
  const groups: readonly Group[] = [
    { name: 'Do', commands: ACTIONS.filter(takes(text)) },
    { name: 'Pages', commands: LINKS.filter(takes(text)) },
    { name: 'Saved views', commands: views.map(({ path, name }) => ({ to: path, name })).filter(takes(text)) },
    ...KINDS.map(({ type, name }) => ({ name, commands: found.filter((command) => command.type === type) })),
  ].filter(({ commands }) => commands.length > 0);
  const shown = groups.flatMap(({ commands }) => commands.map(({ to }) => to)).join(' ');
  useEffect(() => {
    combobox.selectFirstOption();
  }, [shown]);
  const close = () => {
    setText('');
    onClose();
  };
  return (
    <Modal.Root opened={isOpen} onClose={close}>
      <Modal.Overlay />
      <Modal.Content aria-label="Go to">
        <Modal.Body p="xs">
          <Combobox
            store={combobox}
            onOptionSubmit={(to) => {
              close();
              void router.navigate({ href: to });
            }}
          >
            <Combobox.EventsTarget>
              <TextInput
                data-autofocus
                aria-label="Page, model or data set"
                placeholder="Page, model or data set"
                value={text}
                onChange={(event) => setText(event.currentTarget.value)}
              />
            </Combobox.EventsTarget>
            <Combobox.Options mt="xs" aria-label="Where to go">
              {groups.map(({ name, commands }) => (
                <Combobox.Group key={name} label={name}>
                  {commands.map((command) => (
                    <Combobox.Option key={command.to} value={command.to}>
                      {command.name}
                      {command.by && (
                        <Text span size="xs" c="dimmed" ml="xs">
                          {command.by}
                        </Text>
                      )}
                    </Combobox.Option>
                  ))}
                </Combobox.Group>
              ))}
              {groups.length === 0 && (
                <Combobox.Empty>
                  <Text size="sm">Nothing has these letters in its name, fingerprint, tags or note.</Text>
                </Combobox.Empty>
              )}
            </Combobox.Options>
          </Combobox>
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
