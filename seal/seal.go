// Package seal keeps small secrets in a database so that who has the file alone
// can't read them.
//
// A secret is sealed by AES-256-GCM under a random nonce, together with what it is
// for and whose it is: a sealed secret that is put in the place of another one
// doesn't open. Keys have ids, so that a secret whose key is missing can be told
// from one that was tampered with.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// KeySize is how long a key is, in bytes.
const KeySize = 32

// What can keep a secret from being opened.
var (
	// ErrKey: it was sealed under a key that is not here.
	ErrKey = errors.New("sealed under another key")
	// ErrDamaged: its key is here, but it is not what was sealed, or it was sealed
	// for another purpose or owner.
	ErrDamaged = errors.New("sealed secret is damaged, or was put in another's place")
)

// Sealed is a secret that only a Keyring opens.
type Sealed struct {
	Key  string `json:"key"`  // id of the key
	Data []byte `json:"data"` // nonce, ciphertext, tag
}

// Keyring seals under its first key and opens what any of its keys has sealed.
type Keyring struct {
	first string
	keys  map[string]cipher.AEAD
}

// Parse reads keys as an operator writes them: 32 random bytes each, in base64 or
// hex, separated by commas. Its errors never show what it read.
func Parse(list string) (*Keyring, error) {
	k := &Keyring{keys: map[string]cipher.AEAD{}}
	for n, written := range strings.Split(list, ",") {
		raw, err := decode(strings.TrimSpace(written))
		if err != nil {
			return nil, fmt.Errorf("key %d: %w", n+1, err)
		}
		block, err := aes.NewCipher(raw)
		if err != nil {
			return nil, err
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, err
		}
		id := idOf(raw)
		k.keys[id] = aead
		if k.first == "" {
			k.first = id
		}
	}
	return k, nil
}

func decode(written string) ([]byte, error) {
	if written == "" {
		return nil, errors.New("is empty")
	}
	raw, err := hex.DecodeString(written)
	if err != nil || len(raw) != KeySize {
		plain := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(written, "="))
		raw, err = base64.RawStdEncoding.DecodeString(plain)
	}
	switch {
	case err != nil:
		return nil, errors.New("is neither base64 nor hex")
	case len(raw) != KeySize:
		return nil, fmt.Errorf("has %d bytes instead of %d", len(raw), KeySize)
	case strings.Count(string(raw), string(raw[:1])) == KeySize:
		return nil, errors.New("is one byte over and over, not a random key")
	}
	return raw, nil
}

// idOf names a key and tells nothing about it.
func idOf(raw []byte) string {
	mac := hmac.New(sha256.New, raw)
	mac.Write([]byte("quizbot: id of this key"))
	return hex.EncodeToString(mac.Sum(nil)[:8])
}

// Seal seals a secret of an owner for a purpose.
func (k *Keyring) Seal(purpose, owner string, secret []byte) Sealed {
	return Sealed{Key: k.first, Data: k.keys[k.first].Seal(nil, nil, secret, bound(purpose, owner, k.first))}
}

// Open undoes Seal. Its errors are ErrKey and ErrDamaged.
func (k *Keyring) Open(purpose, owner string, s Sealed) ([]byte, error) {
	aead, ok := k.keys[s.Key]
	if !ok {
		return nil, ErrKey
	}
	secret, err := aead.Open(nil, nil, s.Data, bound(purpose, owner, s.Key))
	if err != nil {
		return nil, ErrDamaged
	}
	return secret, nil
}

// Newest reports whether a secret is sealed under the first key.
func (k *Keyring) Newest(s Sealed) bool { return s.Key == k.first }

// bound is what a sealed secret is tied to. Each part is led by its length, so that
// no part reaches into the next.
func bound(parts ...string) []byte {
	var b []byte
	for _, p := range parts {
		b = binary.BigEndian.AppendUint32(b, uint32(len(p)))
		b = append(b, p...)
	}
	return b
}
