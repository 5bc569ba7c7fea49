/** Images of a data set as the network gets them, and their numbers, while the preparation is typed. @module */
import { Alert, SimpleGrid, Stack, Text } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { decimal } from '../../components/numbers';
import { Loaded } from '../../components/states';
import { PreparedImagesDocument } from '../../data/generated';
import { useData } from '../../data/use-data';
import { channelsOf, limitsOf, momentsOf, problemOf, show, type Channel, type Preparation } from './preparation';

const COUNT = 8;

export function PreparedImages({ datasetId, preparation }: { readonly datasetId: string; readonly preparation: Preparation }) {
  const data = useData(PreparedImagesDocument, { id: datasetId, first: COUNT });
  return (
    <Loaded of={data} rows={2}>
      {({ dataset }) => {
        if (!dataset) return null;
        const channels = dataset.imageShape[2] ?? 1;
        const problem = problemOf(preparation, channels);
        if (problem)
          return (
            <Alert color="orange" variant="light">
              {problem}
            </Alert>
          );
        const names = dataset.labels.map((label) => dataset.classNames[label] ?? String(label));
        return <Images datasetId={datasetId} names={names} channels={channelsOf(preparation, channels)} />;
      }}
    </Loaded>
  );
}

interface ImagesProps {
  readonly datasetId: string;
  /** Of the class of each. */
  readonly names: readonly string[];
  readonly channels: readonly Channel[];
}

function Images({ datasetId, names, channels }: ImagesProps) {
  const pixels = usePixels(datasetId, names.length);
  if (!pixels) return null;
  const [least, most] = limitsOf(channels);
  const moments = momentsOf(
    pixels.map(({ data }) => data),
    channels,
  );
  const text = (of: keyof (typeof moments)[number]) => moments.map((channel) => decimal(channel[of])).join(', ');
  return (
    <Stack gap="xs">
      <SimpleGrid cols={{ base: 4, sm: COUNT }} spacing="xs">
        {pixels.map((image, i) => (
          <figure key={i} style={{ margin: 0, minWidth: 0 }}>
            <Prepared image={image} channels={channels} label={`Image ${i}, ${names[i]}, as the network gets it`} />
            <Text component="figcaption" size="xs" ta="center" className="truncate">
              {names[i]}
            </Text>
          </figure>
        ))}
      </SimpleGrid>
      <Text size="sm">
        The network gets values from {decimal(least)} to {decimal(most)}; in these images their mean is {text('mean')}, their standard
        deviation {text('deviation')}.
      </Text>
      <Text size="xs" c="dimmed">
        {decimal(least)} is drawn black, {decimal(most)} white. With the mean and standard deviation of its training data, a network gets a
        mean near 0 and a deviation near 1.
      </Text>
    </Stack>
  );
}

/** @returns undefined until all have been loaded. */
function usePixels(datasetId: string, count: number): readonly ImageData[] | undefined {
  const [pixels, setPixels] = useState<readonly ImageData[]>();
  useEffect(() => {
    let isLeft = false;
    const read = async (index: number) => {
      const image = new Image();
      image.src = `/datasets/${datasetId}/images/${index}.png`;
      await image.decode();
      const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
      const context = canvas.getContext('2d')!;
      context.drawImage(image, 0, 0);
      return context.getImageData(0, 0, canvas.width, canvas.height);
    };
    void Promise.all(Array.from({ length: count }, (_, i) => read(i))).then(
      (all) => !isLeft && setPixels(all),
      () => undefined,
    );
    return () => {
      isLeft = true;
    };
  }, [datasetId, count]);
  return pixels;
}

function Prepared({
  image,
  channels,
  label,
}: {
  readonly image: ImageData;
  readonly channels: readonly Channel[];
  readonly label: string;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current!;
    [element.width, element.height] = [image.width, image.height];
    const shown = new ImageData(new Uint8ClampedArray(image.data), image.width, image.height);
    show(shown.data, channels);
    element.getContext('2d')!.putImageData(shown, 0, 0);
  });
  return <canvas ref={canvas} className="pixels" role="img" aria-label={label} />;
}
