/** Where one writes: Enter sends, Shift+Enter breaks the line, and no word is ever cut. */

import { type KeyboardEvent, type RefObject, useEffect, useLayoutEffect } from "react";
import { Icon } from "../ui/Icon";
import "./composer.css";

type ComposerProps = {
  room: string;
  text: string;
  limit: number;
  online: boolean;
  field: RefObject<HTMLTextAreaElement | null>;
  onText: (text: string) => void;
  onSend: (text: string) => void;
};

/** The counter shows when this part of the limit is used. */
const NEAR_LIMIT = 0.9;

export function Composer({ room, text, limit, online, field, onText, onSend }: ComposerProps) {
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
    if (!meansSend(event.nativeEvent, isTouch())) return;
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
        <textarea
          ref={field}
          className="field"
          rows={1}
          dir="auto"
          aria-label={`Message ${room}`}
          aria-describedby="composer-left"
          aria-invalid={left < 0}
          placeholder={`Message #${room}`}
          value={text}
          onChange={(event) => onText(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <button type="submit" className="send" disabled={!canSend} aria-label="Send">
          <Icon name="up" />
        </button>
      </form>
      <div className="hint">
        <span className="keys">{online ? <Keys /> : "Sends when you are back online"}</span>
        <span id="composer-left" className="near tnum" data-over={left < 0}>
          {counter(left, limit)}
        </span>
      </div>
    </footer>
  );
}

function Keys() {
  return (
    <>
      <kbd>Enter</kbd> to send, <kbd>Shift Enter</kbd> for a new line
    </>
  );
}

function counter(left: number, limit: number): string {
  if (left < 0) return `${-left} too many`;
  return left <= limit * (1 - NEAR_LIMIT) ? `${left} left` : "";
}

/** The server's rule: somewhere there is a character that can be seen. */
export function saysSomething(text: string): boolean {
  return /[^\p{Cf}\p{Cc}\p{Z}\p{Mn}\p{Me}\u115f\u1160\u2800\u3164\uffa0]/u.test(text);
}

type Key = Pick<globalThis.KeyboardEvent, "key" | "shiftKey" | "isComposing" | "keyCode">;

/** Safari ends a composition before the key that ended it, and only the old 229 still tells. */
export function meansSend(key: Key, touch: boolean): boolean {
  const composing = key.isComposing || key.keyCode === 229;
  return key.key === "Enter" && !key.shiftKey && !composing && !touch;
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
