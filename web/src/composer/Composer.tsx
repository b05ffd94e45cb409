/** Where one writes: Enter sends, Shift+Enter breaks the line, and no word is ever cut. */

import {
  Fragment,
  type KeyboardEvent,
  type RefObject,
  useEffect,
  useLayoutEffect,
  useRef,
} from "react";
import { STRINGS } from "../strings";
import { Icon } from "../ui/Icon";
import { COMPOSER_ID } from "./focusComposer";
import "./composer.css";

const WORDS = STRINGS.composer;

type ComposerProps = {
  room: string;
  text: string;
  limit: number;
  online: boolean;
  enterBreaks: boolean;
  field: RefObject<HTMLTextAreaElement | null>;
  onText: (text: string) => void;
  onSend: (text: string) => void;
};

/** The counter shows when this part of the limit is used. */
const NEAR_LIMIT = 0.9;

export function Composer(props: ComposerProps) {
  const { room, text, limit, online, enterBreaks, field, onText, onSend } = props;
  const said = text.trim();
  const left = limit - [...said].length;
  const canSend = saysSomething(said) && left >= 0;
  useGrowing(field, text);
  useFirstFocus(field);

  function send() {
    if (!canSend) return;
    onSend(said);
    onText("");
    field.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>) {
    if (!meansSend(event.nativeEvent, enterBreaks || isTouch())) return;
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
          onChange={(event) => onText(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <button type="submit" className="send" disabled={!canSend} aria-label={WORDS.send}>
          <Icon name="up" />
        </button>
      </form>
      <div className="hint">
        <span className="keys">{online ? <Keys enterBreaks={enterBreaks} /> : WORDS.offline}</span>
        <span id="composer-left" className="near tnum" data-over={left < 0}>
          {counter(left, limit)}
        </span>
      </div>
    </footer>
  );
}

/** An empty last line counts in a field, and elsewhere only with something in it. */
const LAST_LINE = "\u200b";

/** Behind the field and in the same type: what is too much shows in colour, nothing is cut. */
function Overflow({ text, limit, field }: Pick<ComposerProps, "text" | "limit" | "field">) {
  const mirror = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const { current: over } = field;
    const follow = () => {
      if (!over || !mirror.current) return;
      // A scrollbar takes its width from the text.
      mirror.current.style.inlineSize = `${over.clientWidth}px`;
      mirror.current.scrollTop = over.scrollTop;
    };
    follow();
    over?.addEventListener("scroll", follow);
    return () => over?.removeEventListener("scroll", follow);
  });
  const start = text.length - text.trimStart().length;
  const kept = [...text.slice(start)].slice(0, limit).join("");
  return (
    <div ref={mirror} className="overflow" aria-hidden="true" dir="auto">
      {text.slice(0, start) + kept}
      <mark>{text.slice(start + kept.length)}</mark>
      {LAST_LINE}
    </div>
  );
}

function Keys({ enterBreaks }: { enterBreaks: boolean }) {
  const keys = enterBreaks ? WORDS.enterBreaks : WORDS.enterSends;
  return keys.map(([key, does]) => (
    <Fragment key={key}>
      <kbd>{key}</kbd> {does}{" "}
    </Fragment>
  ));
}

function counter(left: number, limit: number): string {
  if (left < 0) return WORDS.tooMany(-left);
  return left <= limit - limit * NEAR_LIMIT ? WORDS.left(left) : "";
}

/** The server's rule: somewhere there is a character that can be seen. */
export function saysSomething(text: string): boolean {
  return /[^\p{Cf}\p{Cc}\p{Z}\p{Mn}\p{Me}\u115f\u1160\u2800\u3164\uffa0]/u.test(text);
}

type Key = Pick<globalThis.KeyboardEvent, "key" | "shiftKey" | "isComposing" | "keyCode"> & {
  ctrlKey?: boolean;
  metaKey?: boolean;
};

/** Safari ends a composition before the key that ended it, and only the old 229 still tells. */
export function meansSend(key: Key, enterBreaks: boolean): boolean {
  const composing = key.isComposing || key.keyCode === 229;
  if (key.key !== "Enter" || composing) return false;
  if (key.ctrlKey || key.metaKey) return true;
  return !key.shiftKey && !enterBreaks;
}

/** A touch keyboard has no Shift+Enter, so there Enter breaks the line and the button sends. */
function isTouch(): boolean {
  return matchMedia("(pointer: coarse)").matches;
}

/** One comes to talk; on touch, focus would open the keyboard over what there is to read. */
function useFirstFocus(field: RefObject<HTMLTextAreaElement | null>): void {
  useEffect(() => {
    if (!isTouch()) field.current?.focus();
  }, [field]);
}

/** For browsers without `field-sizing: content`. */
function useGrowing(field: RefObject<HTMLTextAreaElement | null>, text: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    if (!field.current || CSS.supports("field-sizing", "content")) return;
    field.current.style.blockSize = "auto";
    field.current.style.blockSize = `${field.current.scrollHeight}px`;
  }, [field, text]);
}
