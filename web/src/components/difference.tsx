/** What an attack changed: the difference of two images, magnified around grey. @module */
import { useEffect, useRef } from 'react';

interface DifferenceProps {
  readonly from: string;
  readonly to: string;
  readonly magnify: number;
  readonly label: string;
}

const loaded = async (url: string) => {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
};

function pixelsOf(image: HTMLImageElement, context: CanvasRenderingContext2D): ImageData {
  context.clearRect(0, 0, image.naturalWidth, image.naturalHeight);
  context.drawImage(image, 0, 0);
  return context.getImageData(0, 0, image.naturalWidth, image.naturalHeight);
}

export function DifferenceImage({ from, to, magnify, label }: DifferenceProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    let isLeft = false;
    // An image that cannot be loaded leaves the canvas empty; the one beside it shows that it is missing.
    void Promise.all([loaded(from), loaded(to)]).then(
      ([before, after]) => {
        const element = canvas.current;
        const context = element?.getContext('2d', { willReadFrequently: true });
        if (isLeft || !element || !context) return;
        [element.width, element.height] = [before.naturalWidth, before.naturalHeight];
        const [first, second] = [pixelsOf(before, context), pixelsOf(after, context)];
        const difference = context.createImageData(element.width, element.height);
        for (let i = 0; i < difference.data.length; i++)
          difference.data[i] = i % 4 === 3 ? 255 : 128 + (second.data[i]! - first.data[i]!) * magnify * 0.5;
        context.putImageData(difference, 0, 0);
      },
      () => undefined,
    );
    return () => {
      isLeft = true;
    };
  }, [from, to, magnify]);
  return <canvas ref={canvas} className="pixels" role="img" aria-label={label} />;
}
