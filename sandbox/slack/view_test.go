package slack

func plain(text string) map[string]any { return map[string]any{"type": "plain_text", "text": text} }

func modal(blocks ...any) map[string]any {
	if blocks == nil {
		blocks = []any{section("plain_text", "hello")}
	}
	return map[string]any{
		"type": "modal", "callback_id": "form", "title": plain("Form"), "submit": plain("Send"), "blocks": blocks,
	}
}
