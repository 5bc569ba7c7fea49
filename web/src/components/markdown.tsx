/** Text of others in Markdown. HTML in it is shown as text, and links cannot run scripts (react-markdown's defaults); pictures of other hosts are left out. @module */
import { Typography } from '@mantine/core';
import type { ReactNode } from 'react';
import ReactMarkdown from 'react-markdown';

export function Markdown({ text }: { readonly text: string }) {
  return (
    <Typography style={{ overflowWrap: 'anywhere' }}>
      <ReactMarkdown disallowedElements={['img']} components={{ a: ({ href, children }) => <Outside href={href}>{children}</Outside> }}>
        {text}
      </ReactMarkdown>
    </Typography>
  );
}

const Outside = ({ href, children }: { readonly href: string | undefined; readonly children?: ReactNode }) => (
  <a href={href} target="_blank" rel="noopener noreferrer nofollow">
    {children}
  </a>
);
