package seal

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// key is one made of n.
func key(n byte) []byte {
	raw := make([]byte, KeySize)
	for i := range raw {
		raw[i] = n + byte(i)
	}
	return raw
}

func ring(t *testing.T, keys ...[]byte) *Keyring {
	t.Helper()
	var list []string
	for _, k := range keys {
		list = append(list, base64.StdEncoding.EncodeToString(k))
	}
	k, err := Parse(strings.Join(list, ","))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestASecretOpensInItsPlaceAlone(t *testing.T) {
	k, secret := ring(t, key(1)), []byte("xoxb-secret")
	s := k.Seal("slack", "T1", secret)
	if got, err := k.Open("slack", "T1", s); err != nil || !bytes.Equal(got, secret) {
		t.Fatalf("%q %v", got, err)
	}
	if bytes.Contains(s.Data, secret) {
		t.Error("it can be read")
	}
	again := k.Seal("slack", "T1", secret)
	if bytes.Equal(again.Data, s.Data) {
		t.Error("sealed twice it looks the same")
	}
	for name, at := range map[string][2]string{
		"another owner": {"slack", "T2"}, "another purpose": {"slac", "T1"}, "shifted": {"slackT", "1"}, "nobody": {"slack", ""},
	} {
		if got, err := k.Open(at[0], at[1], s); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
}

func TestADamagedSecretDoesNotOpen(t *testing.T) {
	k := ring(t, key(1))
	s := k.Seal("slack", "T1", []byte("xoxb-secret"))
	for i := range s.Data {
		bad := Sealed{Key: s.Key, Data: bytes.Clone(s.Data)}
		bad.Data[i] ^= 1
		if _, err := k.Open("slack", "T1", bad); !errors.Is(err, ErrDamaged) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
		if _, err := k.Open("slack", "T1", Sealed{Key: s.Key, Data: s.Data[:i]}); !errors.Is(err, ErrDamaged) {
			t.Fatalf("cut to %d: %v", i, err)
		}
	}
}

func TestRotation(t *testing.T) {
	old, both, fresh := ring(t, key(1)), ring(t, key(9), key(1)), ring(t, key(9))
	s := old.Seal("slack", "T1", []byte("xoxb"))
	if _, err := fresh.Open("slack", "T1", s); !errors.Is(err, ErrKey) {
		t.Errorf("without its key: %v", err)
	}
	if both.Newest(s) {
		t.Error("it is said to be under the first key")
	}
	secret, err := both.Open("slack", "T1", s)
	if err != nil {
		t.Fatal(err)
	}
	s = both.Seal("slack", "T1", secret)
	if !both.Newest(s) {
		t.Error("sealed anew it is not under the first key")
	}
	if got, err := fresh.Open("slack", "T1", s); err != nil || string(got) != "xoxb" {
		t.Errorf("%q %v", got, err)
	}
	// A sealed secret that names another of the keys does not open by it.
	for id := range both.keys {
		if id != s.Key {
			if _, err := both.Open("slack", "T1", Sealed{Key: id, Data: s.Data}); !errors.Is(err, ErrDamaged) {
				t.Errorf("under another key's name: %v", err)
			}
		}
	}
}

func TestKeysAsOperatorsWriteThem(t *testing.T) {
	raw := append([]byte{0xfb, 0xff}, key(3)[2:]...) // with the signs in which the alphabets differ
	s := ring(t, raw).Seal("p", "o", []byte("x"))
	for _, written := range []string{
		base64.StdEncoding.EncodeToString(raw), base64.RawStdEncoding.EncodeToString(raw), base64.URLEncoding.EncodeToString(raw),
		hex.EncodeToString(raw), strings.ToUpper(hex.EncodeToString(raw)), " " + hex.EncodeToString(raw) + " ",
	} {
		k, err := Parse(written)
		if err != nil {
			t.Errorf("%s: %v", written, err)
			continue
		}
		if _, err := k.Open("p", "o", s); err != nil {
			t.Errorf("%s is another key: %v", written, err)
		}
	}
	good := hex.EncodeToString(raw)
	for _, bad := range []string{"", "hunter2-hunter2", good[:62], good + "ab", good + ",", good + ",short", strings.Repeat("0", 64), "ä"} {
		_, err := Parse(bad)
		if err == nil {
			t.Errorf("%q was taken", bad)
		} else if bad != "" && len(bad) > 8 && strings.Contains(err.Error(), bad[:8]) {
			t.Errorf("the error shows the key: %v", err)
		}
	}
}

func TestItIsStoredAsJSON(t *testing.T) {
	k := ring(t, key(1))
	raw, err := json.Marshal(k.Seal("p", "o", []byte("xoxb-1")))
	var s Sealed
	if err == nil {
		err = json.Unmarshal(raw, &s)
	}
	if got, openErr := k.Open("p", "o", s); err != nil || openErr != nil || string(got) != "xoxb-1" {
		t.Errorf("%s: %q %v %v", raw, got, err, openErr)
	}
}
