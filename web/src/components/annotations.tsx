/** Tags and note of a thing: everyone who sees it sees them, its owner changes them. @module */
import { Alert, Button, Group, Stack, TagsInput, Text, Textarea } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { AnnotateDocument, ViewerDocument, type AnnotationPartsFragment } from '../data/generated';
import { useData } from '../data/use-data';
import { useStart } from '../forms/use-start';
import { BadgeLink } from './links';

/** The page that lists what has the tag. */
type ListPath = '/models' | '/datasets' | '/evaluations' | '/studies';

interface TagBadgesProps {
  readonly tags: readonly string[];
  readonly list: ListPath;
}

/** Each leads to what else has it. */
export function TagBadges({ tags, list }: TagBadgesProps) {
  if (tags.length === 0) return null;
  return (
    <Group gap={4}>
      {tags.map((tag) => (
        <BadgeLink key={tag} to={list} search={{ tag }} variant="default" tt="none" title={`All that have the tag ${tag}`}>
          {tag}
        </BadgeLink>
      ))}
    </Group>
  );
}

interface AnnotationsProps {
  readonly of: AnnotationPartsFragment;
  readonly owner: string;
  readonly list: ListPath;
}

export function Annotations({ of, owner, list }: AnnotationsProps): ReactNode {
  const { data } = useData(ViewerDocument, {});
  const [isOpen, setOpen] = useState(false);
  const { tags, note } = of;
  const mayChange = data && (data.viewer.role === 'ADMIN' || (data.viewer.role === 'SUBMITTER' && data.viewer.name === owner));
  if (isOpen) return <Form of={of} onClose={() => setOpen(false)} />;
  if (!mayChange && tags.length === 0 && !note) return null;
  return (
    <Stack gap="xs">
      {note && (
        <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
          {note}
        </Text>
      )}
      <Group gap="xs">
        <TagBadges tags={tags} list={list} />
        {mayChange && (
          <Button size="compact-xs" variant="subtle" className="no-print" onClick={() => setOpen(true)}>
            {tags.length > 0 || note ? 'Change tags and note' : 'Add tags or a note'}
          </Button>
        )}
      </Group>
    </Stack>
  );
}

function Form({ of: { id, ...before }, onClose }: { readonly of: AnnotationPartsFragment; readonly onClose: () => void }) {
  const { start, problem, isStarting } = useStart(AnnotateDocument);
  const [tags, setTags] = useState<string[]>([...before.tags]);
  const [note, setNote] = useState(before.note ?? '');
  const save = async () => {
    if (await start({ id, tags, note })) onClose();
  };
  return (
    <Stack gap="sm" maw={640}>
      <TagsInput
        data-autofocus
        label="Tags"
        description="Enter ends a tag. What has a tag is found by it, in lists and by Go to."
        maxTags={20}
        value={tags}
        onChange={setTags}
        clearable
        clearButtonProps={{ 'aria-label': 'Remove all tags' }}
      />
      <Textarea label="Note" autosize minRows={2} maxLength={2000} value={note} onChange={(event) => setNote(event.currentTarget.value)} />
      {problem && (
        <Alert color="red" variant="light" role="alert" title="It was not saved">
          {problem}
        </Alert>
      )}
      <Group gap="xs">
        <Button size="sm" onClick={() => void save()} loading={isStarting}>
          Save
        </Button>
        <Button size="sm" variant="default" onClick={onClose}>
          Cancel
        </Button>
      </Group>
    </Stack>
  );
}
