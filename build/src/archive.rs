//! An archive (`lib….a`) of one object with one symbol that others refer to. Cargo hands libraries on from crate to crate, up to the
//! program; an object it hands to the linker of its own package only.
//!
//! The bytes say nothing about when or by whom they were made.

/// What every archive begins with.
const MAGIC: &[u8] = b"!<arch>\n";
const HEADER: usize = 60;

/// The archive, as GNU and LLVM read it: an index of symbols, a list of names, the object.
pub(crate) fn archive(object: &[u8], file: &str, symbol: &str) -> Vec<u8> {
    let names = format!("{file}/\n");
    let index = 4 + 4 + symbol.len() + 1;
    let place = MAGIC.len() + HEADER + even(index) + HEADER + even(names.len());
    let mut archive = MAGIC.to_vec();
    // The index: how many symbols, where the member of each begins (big-endian on every machine), their names.
    header(&mut archive, "/", index);
    archive.extend(1u32.to_be_bytes());
    // A few hundred bytes.
    archive.extend(u32::try_from(place).unwrap_or(u32::MAX).to_be_bytes());
    archive.extend(symbol.as_bytes());
    archive.push(0);
    pad(&mut archive);
    header(&mut archive, "//", names.len());
    archive.extend(names.as_bytes());
    pad(&mut archive);
    // The name at the start of that list.
    header(&mut archive, "/0", object.len());
    archive.extend(object);
    pad(&mut archive);
    archive
}

/// Name, time, owner, group, mode, size.
fn header(archive: &mut Vec<u8>, name: &str, size: usize) {
    archive.extend(format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 644).as_bytes());
}

/// Members begin at even places.
const fn even(len: usize) -> usize {
    len.next_multiple_of(2)
}

fn pad(archive: &mut Vec<u8>) {
    if archive.len() % 2 == 1 {
        archive.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::archive;
    use object::read::archive::ArchiveFile;

    #[test]
    fn others_read_it() {
        for (object, file, symbol) in
            [(&b"odd"[..], "a.o", "a"), (b"even", "a_name_that_is_longer_than_sixteen_bytes.o", "sixteen")]
        {
            let bytes = archive(object, file, symbol);
            let parsed = ArchiveFile::parse(&*bytes).expect("an archive");
            let symbols: Vec<_> = parsed.symbols().expect("an index").expect("of symbols").collect();
            let [only] = symbols.as_slice() else { panic!("{} symbols", symbols.len()) };
            let only = only.as_ref().expect("a symbol");
            assert_eq!(only.name(), symbol.as_bytes());
            let member = parsed.member(only.offset()).expect("where the index says");
            assert_eq!(member.name(), file.as_bytes());
            assert_eq!(member.data(&*bytes).expect("its bytes"), object);
            assert_eq!(parsed.members().count(), 1);
        }
    }
}
