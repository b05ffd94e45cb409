/** The message field: Enter sends, Shift+Enter adds a line, and text somewhat over the limit is kept. */

import { type KeyboardEvent, type RefObject, useEffect, useLayoutEffect, useRef } from "react";
import { STRINGS } from "../strings";
import { Icon } from "../ui/Icon";
import { cleanText, hasVisibleText, startOf, withLineFeeds } from "../wire/text";
import { COMPOSER_ID } from "./focusComposer";
import { isSendKey } from "./sending";
import "./composer.css";

const WORDS = STRINGS.composer;

type ComposerProps = {
  room: string;
  text: string;
  limit: number;
  online: boolean;
  enterAddsLine: boolean;
  /** A moderator has silenced me until then. */
  mutedUntil: string | null;
  field: RefObject<HTMLTextAreaElement | null>;
  onText: (text: string) => void;
  onSend: (text: string) => void;
};

/** The counter appears when this part of the limit is used. */
const NEAR_LIMIT = 0.9;

/**
 * The field takes so many times the limit: a browser is slow with a book in a field. It counts as
 * `maxLength` does, an emoji as two or more, so no text says how many.
 */
const KEPT_LIMITS = 10;

export function Composer(props: ComposerProps) {
  const { room, text, limit, online, enterAddsLine, mutedUntil, field, onText, onSend } = props;
  const message = cleanText(text);
  const left = limit - [...message].length;
  const canSend = hasVisibleText(message) && left >= 0 && mutedUntil === null;
  useGrowingHeight(field, text);
  useInitialFocus(field);

  function send() {
    if (!canSend) return;
    onSend(message);
    onText("");
    field.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>) {
    if (!isSendKey(event.nativeEvent, enterAddsLine || isTouch())) return;
    event.preventDefault();
    send();
  }

  return (
    <footer className="foot">
      <form
        className="box"
        data-empty={text === ""}
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        {left < 0 && <Overflow text={text} limit={limit} field={field} />}
        <textarea
          id={COMPOSER_ID}
          ref={field}
          className="field"
          rows={1}
          dir="auto"
          aria-label={WORDS.name(room)}
          aria-describedby="composer-left"
          aria-invalid={left < 0}
          placeholder={WORDS.placeholder(room)}
          value={text}
          maxLength={KEPT_LIMITS * limit}
          onChange={(event) => onText(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <button type="submit" className="send" disabled={!canSend} aria-label={WORDS.send}>
          <Icon name="up" />
        </button>
      </form>
      <Hint length={text.length} left={left} {...{ limit, online, enterAddsLine, mutedUntil }} />
    </footer>
  );
}

/** An empty last line has a height in a textarea, and elsewhere only with a character in it. */
const LAST_LINE = "\u200b";

/** A copy of the text behind the field, which colours what is over the limit. */
function Overflow({ text, limit, field }: Pick<ComposerProps, "text" | "limit" | "field">) {
  const mirror = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const { current: textarea } = field;
    const follow = () => {
      if (!textarea || !mirror.current) return;
      // A scrollbar takes its width from the text.
      mirror.current.style.inlineSize = `${textarea.clientWidth}px`;
      mirror.current.scrollTop = textarea.scrollTop;
    };
    follow();
    textarea?.addEventListener("scroll", follow);
    return () => textarea?.removeEventListener("scroll", follow);
  });
  const start = startOf(withLineFeeds(text));
  const allowed = [...text.slice(start)].slice(0, limit).join("");
  return (
    <div ref={mirror} className="overflow" aria-hidden="true" dir="auto" translate="no">
      <span>{text.slice(0, start) + allowed}</span>
      <mark>{text.slice(start + allowed.length)}</mark>
      <span>{LAST_LINE}</span>
    </div>
  );
}

type HintProps = Pick<ComposerProps, "limit" | "online" | "enterAddsLine" | "mutedUntil"> & {
  length: number;
  left: number;
};

function Hint({ length, left, limit, online, enterAddsLine, mutedUntil }: HintProps) {
  const full = length >= KEPT_LIMITS * limit ? WORDS.full : null;
  return (
    <div className="hint" data-over={left < 0}>
      <span className="keys">
        {online ? <Keys enterAddsLine={enterAddsLine} /> : <span>{WORDS.offline}</span>}
      </span>
      <span className="full" role="status">
        {mutedUntil === null ? full : WORDS.muted(mutedUntil)}
      </span>
      <span id="composer-left" className="near tnum">
        {counter(left, limit)}
      </span>
    </div>
  );
}

function Keys({ enterAddsLine }: { enterAddsLine: boolean }) {
  const keys = enterAddsLine ? WORDS.enterAddsLine : WORDS.enterSends;
  return keys.map(([key, does]) => (
    <span key={key}>
      <kbd>{key}</kbd> <span>{does}</span>{" "}
    </span>
  ));
}

function counter(left: number, limit: number): string {
  if (left < 0) return WORDS.tooMany(-left);
  return left <= limit - limit * NEAR_LIMIT ? WORDS.left(left) : "";
}

/** A touch keyboard has no Shift+Enter: there Enter adds a line and the button sends. */
function isTouch(): boolean {
  return matchMedia("(pointer: coarse)").matches;
}

/** Not on touch screens, where focus would open the keyboard over the messages. */
function useInitialFocus(field: RefObject<HTMLTextAreaElement | null>): void {
  useEffect(() => {
    if (!isTouch()) field.current?.focus();
  }, [field]);
}

/**
 * For browsers without `field-sizing: content`.
 *
 * The field is small while it is measured. Its box is held, or the log would become higher for that
 * moment, be scrolled by the browser, and lose its end.
 */
function useGrowingHeight(field: RefObject<HTMLTextAreaElement | null>, text: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const { current: area } = field;
    if (!area?.parentElement || CSS.supports("field-sizing", "content")) return;
    const { parentElement: box } = area;
    box.style.blockSize = `${box.offsetHeight}px`;
    area.style.blockSize = "auto";
    area.style.blockSize = `${area.scrollHeight}px`;
    box.style.blockSize = "";
  }, [field, text]);
}
