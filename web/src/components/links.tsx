/** Links to pages, typed by the routes, in the clothes of the component library. @module */
import { Anchor, Badge, Button, type AnchorProps, type BadgeProps, type ButtonProps } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import type { AnchorHTMLAttributes, Ref } from 'react';

type LinkAttributes<Props> = Props & Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof Props> & { readonly ref?: Ref<HTMLAnchorElement> };

export const AnchorLink = createLink((props: LinkAttributes<AnchorProps>) => <Anchor {...props} />);

export const ButtonLink = createLink((props: LinkAttributes<ButtonProps>) => <Button component="a" {...props} />);

export const BadgeLink = createLink((props: LinkAttributes<BadgeProps>) => (
  <Badge component="a" style={{ cursor: 'pointer' }} {...props} />
));
