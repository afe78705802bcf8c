// The other side of src/go-interop.integration.test.ts: verifies, with golang.org/x/mod/sumdb, what @leix/tlog
// made, and makes the like for it to verify. One JSON object in, one out; hashes and files are base64.
package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type inclusion struct {
	Index, Size int64
	Hashes      tlog.RecordProof
}

type consistency struct {
	First, Second int64
	Hashes        tlog.TreeProof
}

type tree struct {
	// Entries, and the root of the tree after each of them; Roots[0] is the empty one's.
	Entries     [][]byte
	Roots       []tlog.Hash
	Inclusion   []inclusion
	Consistency []consistency
	// By their paths in tlog-tiles.
	Tiles map[string][]byte
	// A signed note over the last root, and the key that verifies it.
	Checkpoint, VerifierKey string
}

type answer struct {
	// What of the tree given does not verify; nothing, if both agree.
	Refused []string
	Made    tree
}

func main() {
	var given tree
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		fatal(err)
	}
	made, err := makeTree(given.Entries)
	if err != nil {
		fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answer{verify(given), made}); err != nil {
		fatal(err)
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func verify(t tree) []string {
	refused := []string{}
	check := func(what string, err error) {
		if err != nil {
			refused = append(refused, fmt.Sprintf("%s: %v", what, err))
		}
	}
	for _, p := range t.Inclusion {
		leaf := tlog.RecordHash(t.Entries[p.Index])
		check(fmt.Sprintf("inclusion %d of %d", p.Index, p.Size), tlog.CheckRecord(p.Hashes, p.Size, t.Roots[p.Size], p.Index, leaf))
	}
	for _, p := range t.Consistency {
		err := tlog.CheckTree(p.Hashes, p.Second, t.Roots[p.Second], p.First, t.Roots[p.First])
		check(fmt.Sprintf("consistency %d to %d", p.First, p.Second), err)
	}
	check("checkpoint", verifyCheckpoint(t))
	check("tiles", verifyTiles(t))
	return refused
}

func verifyCheckpoint(t tree) error {
	verifier, err := note.NewVerifier(t.VerifierKey)
	if err != nil {
		return err
	}
	opened, err := note.Open([]byte(t.Checkpoint), note.VerifierList(verifier))
	if err != nil {
		return err
	}
	size := len(t.Entries)
	if want := fmt.Sprintf("%s\n%d\n%v\n", verifier.Name(), size, t.Roots[size]); opened.Text != want {
		return fmt.Errorf("text is %q", opened.Text)
	}
	return nil
}

// Every leaf's hash is read through the tiles, which x/mod verifies against the root.
func verifyTiles(t tree) error {
	size := int64(len(t.Entries))
	reader := tlog.TileHashReader(tlog.Tree{N: size, Hash: t.Roots[size]}, tiles(t.Tiles))
	for i, entry := range t.Entries {
		hashes, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, int64(i))})
		if err != nil {
			return err
		}
		if hashes[0] != tlog.RecordHash(entry) {
			return fmt.Errorf("leaf %d", i)
		}
	}
	return nil
}

type tiles map[string][]byte

// The paths of tlog-tiles are those of x/mod without the height, which is always 8.
func path(tile tlog.Tile) string { return strings.Replace(tile.Path(), "tile/8/", "tile/", 1) }

func (t tiles) Height() int                     { return 8 }
func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		data, ok := t[path(tile)]
		if !ok {
			return nil, fmt.Errorf("no tile %s", path(tile))
		}
		found = append(found, data)
	}
	return found, nil
}

func makeTree(entries [][]byte) (tree, error) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var found []tlog.Hash
		for _, index := range indexes {
			found = append(found, stored[index])
		}
		return found, nil
	})
	made := tree{Entries: entries, Roots: []tlog.Hash{{}}, Tiles: map[string][]byte{}}
	for i, entry := range entries {
		hashes, err := tlog.StoredHashes(int64(i), entry, reader)
		if err != nil {
			return made, err
		}
		stored = append(stored, hashes...)
		root, err := tlog.TreeHash(int64(i)+1, reader)
		if err != nil {
			return made, err
		}
		made.Roots = append(made.Roots, root)
	}
	if err := prove(&made, reader); err != nil {
		return made, err
	}
	return made, sign(&made)
}

func prove(made *tree, reader tlog.HashReader) error {
	size := int64(len(made.Entries))
	for i := int64(0); i < size; i++ {
		record, err := tlog.ProveRecord(size, i, reader)
		if err != nil {
			return err
		}
		extension, err := tlog.ProveTree(size, i+1, reader)
		if err != nil {
			return err
		}
		made.Inclusion = append(made.Inclusion, inclusion{i, size, record})
		made.Consistency = append(made.Consistency, consistency{i + 1, size, extension})
	}
	for _, tile := range tlog.NewTiles(8, 0, size) {
		data, err := tlog.ReadTileData(tile, reader)
		if err != nil {
			return err
		}
		made.Tiles[path(tile)] = data
	}
	return nil
}

func sign(made *tree) error {
	name, size := "go.example/log", len(made.Entries)
	skey, vkey, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%s\n%d\n%v\n", name, size, made.Roots[size])
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	made.Checkpoint, made.VerifierKey = string(signed), vkey
	return err
}
