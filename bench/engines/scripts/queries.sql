create table word (id integer primary key, text text not null, length int, ratio real);
create index by_length on word (length, text);
begin;
with recursive counter(n) as (select 1 union all select n + 1 from counter where n < COUNT)
    insert into word select n, hex(n * n * 7919), length(hex(n * n)), n / 7.0 from counter;
commit;
select count(*), sum(length), max(text), round(avg(ratio), 6) from word;
select length, count(*), min(text), max(ratio) from word group by length order by 1;
select count(*) from word a join word b on a.id = b.id * 3 and a.length = b.length where b.text like '%3_3%';
update word set text = lower(text), ratio = -ratio where id % 3 = 0;
select text, row_number() over (order by length, text) from word where id % 600 = 0;
delete from word where id in (select id from word where text > '5' and length = 8);
select sum(ratio), count(distinct substr(text, 3, 4)) from word;
pragma integrity_check;
