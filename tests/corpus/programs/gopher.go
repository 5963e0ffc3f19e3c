// Go's own library and runtime at work: what the first argument names, on standard input and in the working directory. What
// it prints depends on nothing but these.
package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/fnv"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"math"
	"os"
	"regexp"
	"runtime"
	"sort"
	"strings"
	"sync"
	"syscall"
	"time"
)

func main() {
	jobs := map[string]func() error{
		"files": files, "image": images, "json": records, "pack": pack, "routines": routines, "unpack": unpack, "words": words,
	}
	if len(os.Args) != 2 || jobs[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "which job?")
		os.Exit(1)
	}
	if err := jobs[os.Args[1]](); err != nil {
		fmt.Fprintln(os.Stderr, "refused:", err)
		os.Exit(2)
	}
}

func sum(bytes []byte) uint64 {
	hash := fnv.New64a()
	hash.Write(bytes)
	return hash.Sum64()
}

const width, height = 160, 100

// A picture goes through PNG and JPEG and back.
func images() error {
	picture := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			shade := uint8((x*x + y*y) >> 5)
			picture.SetNRGBA(x, y, color.NRGBA{shade, uint8(x ^ y), uint8(x * y >> 3), uint8(255 - y/2)})
		}
	}
	for _, level := range []png.CompressionLevel{png.NoCompression, png.BestSpeed, png.DefaultCompression, png.BestCompression} {
		var file bytes.Buffer
		if err := (&png.Encoder{CompressionLevel: level}).Encode(&file, picture); err != nil {
			return err
		}
		fmt.Printf("png %d: %d bytes, %x\n", level, file.Len(), sum(file.Bytes()))
		again, err := png.Decode(&file)
		if err != nil {
			return err
		}
		fmt.Println("the same:", bytes.Equal(again.(*image.NRGBA).Pix, picture.Pix))
	}
	for _, quality := range []int{10, 75, 100} {
		var file bytes.Buffer
		if err := jpeg.Encode(&file, picture, &jpeg.Options{Quality: quality}); err != nil {
			return err
		}
		again, _, err := image.Decode(bytes.NewReader(file.Bytes()))
		if err != nil {
			return err
		}
		pixels := crc32.NewIEEE()
		for y := range height {
			for x := range width {
				r, g, b, _ := again.At(x, y).RGBA()
				pixels.Write([]byte{byte(r >> 8), byte(g >> 8), byte(b >> 8)})
			}
		}
		fmt.Printf("jpeg %d: %d bytes, %08x, %08x\n", quality, file.Len(), crc32.ChecksumIEEE(file.Bytes()), pixels.Sum32())
	}
	_, _, err := image.Decode(strings.NewReader("\x89PNG\r\n\x1a\nand no more"))
	fmt.Println(err)
	return nil
}

type record struct {
	Name   string             `json:"name"`
	Number int                `json:"number,omitempty"`
	Ratio  float64            `json:"ratio"`
	Parts  []record           `json:"parts,omitempty"`
	Tags   map[string]*string `json:"tags,omitempty"`
}

// Structures go through JSON and back, by reflection.
func records() error {
	var all []record
	for i := range 500 {
		name := fmt.Sprintf("n%03d-%s", i*7919%500, strings.Repeat("é<", i%4))
		one := record{Name: name, Number: i % 10, Ratio: math.Sqrt(float64(i)) / 3}
		if i%5 == 0 {
			one.Parts = append(one.Parts, record{Name: "part"}, record{Ratio: 1e-7 * float64(i)})
			one.Tags = map[string]*string{"z": nil, "a": &name, "m": &name}
		}
		all = append(all, one)
	}
	text, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		return err
	}
	fmt.Printf("%d bytes, %x\n", len(text), sum(text))
	var again []record
	if err := json.Unmarshal(text, &again); err != nil {
		return err
	}
	sort.SliceStable(again, func(a, b int) bool { return again[a].Name < again[b].Name })
	fmt.Printf("%+v %v\n", again[3], again[499].Ratio)
	var any map[string]any
	fmt.Println(json.Unmarshal([]byte(`{"a": [1, 2.5, {"b": null}], "c": 1e400}`), &any))
	fmt.Println(json.Unmarshal([]byte(`{"a": [1, 2.5, {"b": null}], "c": "\ud83c\udf0d"}`), &any), any)
	return nil
}

// The commonest words of standard input, and those of a pattern.
func words() error {
	pattern := regexp.MustCompile(`(?i)^(?P<head>[aeiou][a-z]*?)(ng|ck|st)$`)
	counts, found := map[string]int{}, map[string]int{}
	scanner := bufio.NewScanner(os.Stdin)
	scanner.Split(bufio.ScanWords)
	for scanner.Scan() {
		word := strings.Trim(scanner.Text(), ".,")
		counts[strings.ToUpper(word)]++
		if match := pattern.FindStringSubmatch(word); match != nil {
			found[match[pattern.SubexpIndex("head")]+"|"+match[2]]++
		}
	}
	for _, of := range []map[string]int{counts, found} {
		list := make([]string, 0, len(of))
		for word := range of {
			list = append(list, word)
		}
		sort.Slice(list, func(a, b int) bool {
			return of[list[a]] > of[list[b]] || of[list[a]] == of[list[b]] && list[a] < list[b]
		})
		for _, word := range list[:min(len(list), 25)] {
			fmt.Printf("%7d %q\n", of[word], word)
		}
	}
	return scanner.Err()
}

func pack() error {
	writer, err := gzip.NewWriterLevel(os.Stdout, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := io.Copy(writer, os.Stdin); err != nil {
		return err
	}
	return writer.Close()
}

func unpack() error {
	reader, err := gzip.NewReader(bufio.NewReader(os.Stdin))
	if err != nil {
		return err
	}
	all, err := io.ReadAll(reader)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(all)
	return err
}

type tree struct{ left, right *tree }

func grow(depth int) *tree {
	if depth == 0 {
		return &tree{}
	}
	return &tree{grow(depth - 1), grow(depth - 1)}
}

func (t *tree) count() int {
	if t.left == nil {
		return 1
	}
	return 1 + t.left.count() + t.right.count()
}

// Its stack is moved several times on the way down.
func deep(n int, room [64]int) int {
	room[n%64] = n
	if n == 0 {
		return room[0]
	}
	return deep(n-1, room) + room[n%64]%3
}

func recovered(what string, fails func()) {
	defer func() {
		err := recover()
		_, trapped := err.(runtime.Error)
		fmt.Println(what, "->", err, trapped)
	}()
	fails()
}

// Goroutines, channels, timers, the collector, stacks that grow, panics and what the processor would trap at.
func routines() error {
	numbers, squares := make(chan int), make(chan int, 8)
	var workers sync.WaitGroup
	for range 10 {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for n := range numbers {
				squares <- n * n
			}
		}()
	}
	go func() {
		for n := range 5000 {
			numbers <- n
		}
		close(numbers)
		workers.Wait()
		close(squares)
	}()
	total := 0
	for square := range squares {
		total += square
	}
	fmt.Println("squares", total)

	source := make(chan int)
	go func() {
		for n := 2; ; n++ {
			source <- n
		}
	}()
	for range 150 {
		prime, next := <-source, make(chan int)
		total += prime
		go func(from chan int) {
			for n := range from {
				if n%prime != 0 {
					next <- n
				}
			}
		}(source)
		source = next
	}
	fmt.Println("primes", total)

	kept := grow(12)
	for range 10 {
		grow(13)
	}
	runtime.GC()
	var after runtime.MemStats
	runtime.ReadMemStats(&after)
	fmt.Println("nodes", kept.count(), after.NumGC > 0)
	fmt.Println("deep", deep(3000, [64]int{}))

	select {
	case <-time.After(20 * time.Millisecond):
		fmt.Println("late")
	case <-make(chan int):
	}

	var nothing *tree
	zero, list := len(os.Args)-2, []int{1, 2, 3}
	recovered("nil", func() { nothing.left.count() })
	recovered("division", func() { fmt.Println(1 / zero) })
	recovered("index", func() { fmt.Println(list[zero+7]) })
	recovered("slice", func() { fmt.Println(list[zero+2 : zero+1]) })
	recovered("type", func() { fmt.Println(any(list).(fmt.Stringer)) })
	recovered("own", func() { panic(errors.New("own")) })
	fmt.Println(math.MinInt64/(zero-1), int64(math.Float64frombits(0x43E0000000000000-1)), math.Inf(1), -1<<63/int64(zero-1))
	return nil
}

// An error in words that are the same on every system.
func kind(err error) string {
	known := map[string]error{
		"exists": fs.ErrExist, "is none": fs.ErrNotExist, "not a directory": syscall.ENOTDIR,
		"a directory": syscall.EISDIR, "not empty": syscall.ENOTEMPTY,
	}
	for name, one := range known {
		if errors.Is(err, one) && (one != fs.ErrExist || !errors.Is(err, syscall.ENOTEMPTY)) {
			return name
		}
	}
	return fmt.Sprint(err)
}

// Files of the working directory.
func files() error {
	if err := os.MkdirAll("a/b", 0o755); err != nil {
		return err
	}
	for i, name := range []string{"a/one", "a/b/two", "three"} {
		if err := os.WriteFile(name, bytes.Repeat([]byte(name), 1000*i+1), 0o644); err != nil {
			return err
		}
	}
	if err := os.Rename("three", "a/three"); err != nil {
		return err
	}
	if err := os.Truncate("a/three", 100); err != nil {
		return err
	}
	err := fs.WalkDir(os.DirFS("a"), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		size := info.Size()
		if entry.IsDir() {
			size = 0
		}
		fmt.Println(path, size, entry.IsDir())
		return nil
	})
	if err != nil {
		return err
	}
	file, err := os.OpenFile("a/b/two", os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	part := make([]byte, 9)
	_, read := file.ReadAt(part, 3)
	_, beyond := file.ReadAt(part, 1<<20)
	end, sought := file.Seek(-2, io.SeekEnd)
	_, wrote := file.WriteString("more")
	fmt.Println(string(part), read, beyond, end, sought, wrote)
	for _, name := range []string{"a/nothing", "a", "a/one/below"} {
		_, err := os.ReadFile(name)
		fmt.Println(name, kind(err))
	}
	fmt.Println(kind(os.Remove("a")), kind(os.Mkdir("a", 0o755)), kind(os.Remove("a/one")))
	return nil
}
