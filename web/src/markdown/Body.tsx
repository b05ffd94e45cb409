/** A message's text with its formatting. Text goes in as text nodes only. */

import { Fragment, memo, type ReactNode } from "react";
import { type Block, blocksOf, type Inline, isEmojiOnly } from "./markdown";

export const Body = memo(function Body({ text }: { text: string }) {
  if (isEmojiOnly(text)) return <p className="body large">{text}</p>;
  const blocks = blocksOf(text);
  const [only] = blocks;
  if (blocks.length === 1 && only?.kind === "lines")
    return (
      <p className="body" dir="auto">
        {linesOf(only.lines)}
      </p>
    );
  return <div className="body">{keyed(blocks, (block) => blockView(block))}</div>;
});

function blockView(block: Block): ReactNode {
  switch (block.kind) {
    case "lines":
      return <p dir="auto">{linesOf(block.lines)}</p>;
    case "quote":
      return <blockquote dir="auto">{linesOf(block.lines)}</blockquote>;
    case "code":
      return (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must scroll by keyboard too
        <pre tabIndex={0}>
          <code>{block.text}</code>
        </pre>
      );
    case "list": {
      const items = keyed(block.items, (item) => <li dir="auto">{inlines(item)}</li>);
      return block.start === null ? <ul>{items}</ul> : <ol start={block.start}>{items}</ol>;
    }
  }
}

function linesOf(lines: readonly Inline[][]): ReactNode {
  return keyed(lines, (line, index) => (
    <>
      {index > 0 && "\n"}
      {inlines(line)}
    </>
  ));
}

function inlines(inside: readonly Inline[]): ReactNode {
  return keyed(inside, inlineView);
}

function inlineView(inline: Inline): ReactNode {
  switch (inline.kind) {
    case "text":
      return inline.text;
    case "code":
      return <code>{inline.text}</code>;
    case "bold":
      return <strong>{inlines(inline.inside)}</strong>;
    case "italic":
      return <em>{inlines(inline.inside)}</em>;
    case "strike":
      return <s>{inlines(inline.inside)}</s>;
    case "link":
      return (
        <a href={inline.href} target="_blank" rel="noopener noreferrer">
          <bdi dir={inline.text === inline.href ? "ltr" : "auto"}>{inline.text}</bdi>
          {inline.destination !== null && (
            <>
              {" "}
              <bdi dir="ltr" className="destination">
                ({inline.destination})
              </bdi>
            </>
          )}
        </a>
      );
  }
}

/** The parts of a text never move, so their place is their key. */
function keyed<T>(parts: readonly T[], view: (part: T, index: number) => ReactNode): ReactNode {
  // biome-ignore lint/suspicious/noArrayIndexKey: see above
  return parts.map((part, index) => <Fragment key={index}>{view(part, index)}</Fragment>);
}
